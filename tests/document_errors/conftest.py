"""What the tests of errors read of a row."""


def values(row):
    """The wrong value, the right one and their difference."""
    return [way.value for way in row[3:6]]
