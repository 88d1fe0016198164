"""A report in the forms that people and other systems read, one module per form.

Only `words` turns facts into sentences; the other modules place them. Nothing here grades.
"""
