"""Progress of long work, on stderr: a count, a rate and the time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Progress:
    """How far a piece of work has come."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell

    def advance(self, count: int = 1) -> None:
        """Say that ``count`` more pieces are done."""
        self._tell(count)


@contextmanager
def no_progress() -> Iterator[Progress]:
    """Give a progress that is shown nowhere."""
    yield Progress(lambda _count: None)


@contextmanager
def terminal_progress(total: int | None, label: str) -> Iterator[Progress]:
    """Draw a progress line on stderr until the ``with`` block ends."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Line
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.1f}/s")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Line(*columns, console=Console(stderr=True)) as line:
        task = line.add_task(label, total=total)
        yield Progress(lambda count: line.advance(task, count))
