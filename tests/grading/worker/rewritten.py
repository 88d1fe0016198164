"""Runs a text as it is and rewritten, in this process, to compare the two."""

import ast

from dlcnn.grading.worker.rewriting import rewrite

__all__ = ["namespace_of"]


def namespace_of(source: str, rewritten: bool = True) -> dict:
    """The names that a text leaves when it runs."""
    body = ast.parse(source, "student").body
    if rewritten:
        body = [part for node in body for part in rewrite(node)]
    namespace: dict = {}
    exec(compile(ast.Module(body, []), "student", "exec"), namespace)
    return namespace
