"""Periods of quotas as dates: a card counts days or months since 2000."""

from datetime import date, timedelta

NONE, DAY, MONTH = range(3)
LENGTHS = ("", "day", "month")
_EPOCH = date(2000, 1, 1)
_LAST = 0xFFFF


def period_of(kind: int, text: str) -> int:
    """Return the period that a date lies in: YYYY-MM-DD, of months YYYY-MM too.

    ``kind`` as in a service record. ValueError for what is no date, or none that a card can hold.
    """
    if kind == NONE:
        raise ValueError("the service has no periods")
    day = day_of(f"{text}-01" if kind == MONTH and len(text) == len("2000-01") else text)
    since = (day - _EPOCH).days if kind == DAY else (day.year - _EPOCH.year) * 12 + day.month - 1
    if not 0 <= since <= _LAST:
        raise ValueError(f"{text} is not in a period that a card can hold")
    return since


def day_of(text: str) -> date:
    """Return the date of YYYY-MM-DD. ValueError for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("it is a date, such as 2027-06-30") from error


def shown_period(kind: int, number: object) -> str:
    """Return a period as the date or the month that it is."""
    assert isinstance(number, int), "periods are numbers"
    if kind == MONTH:
        return f"{_EPOCH.year + number // 12:04}-{number % 12 + 1:02}"
    return (_EPOCH + timedelta(days=number)).isoformat()
