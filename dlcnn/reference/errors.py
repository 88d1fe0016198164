"""The one error the reference raises about its arguments; knows no operation."""

__all__ = ["ShapeError"]


class ShapeError(ValueError):
    """Shapes, sizes or window settings that do not fit together.

    The message reads `where: the rule. Received name=value.`
    """
