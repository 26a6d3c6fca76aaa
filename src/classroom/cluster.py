"""Grading on many machines: the same jobs, handed out by a Dask scheduler.

Each worker process grades one submission at a time, in a sandbox of its own on its machine; it needs this package and
bubblewrap there, and one thread (``dask worker ADDRESS --nthreads 1 --nworkers auto``). Verdicts come back to the one
process that writes the gradebook. If a machine is lost, Dask gives its jobs to others; a job that takes longer than any
can is given up, with that reason.
"""

import atexit
import contextlib
import queue
from collections.abc import Iterator, Sequence

from distributed import Client
from distributed.client import Future

from classroom.course import Course, CourseError
from classroom.grading import TRIES, Execute, Job, failure, judge, open_sandbox
from classroom.sandbox import Limits, Sandbox, SandboxLost
from classroom.verdicts import Verdict

__all__ = ["judge_on_worker", "on_cluster"]

_CONNECT = 10.0  # seconds
_EXTRA = 120.0  # seconds beyond a submission's own: starting a sandbox, other jobs of the machine
_of_this_worker: dict[Limits, Sandbox] = {}


def on_cluster(course: Course, scheduler: str) -> Execute:
    """Return what gives the verdicts on jobs by the workers of a Dask scheduler.

    Parameters
    ----------
    course : Course
    scheduler : str
        Its address, ``tcp://10.0.0.1:8786``.

    Raises
    ------
    CourseError
        When it runs, if the scheduler does not answer or has no workers.
    """

    def execute(jobs: Sequence[Job]) -> Iterator[Verdict]:
        try:
            client = Client(scheduler, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CourseError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            if not client.scheduler_info()["workers"]:
                raise CourseError(f"the scheduler at {scheduler} has no workers: dask worker {scheduler} --nthreads 1")
            yield from _collect(client, jobs, course.settings.limits)

    return execute


def judge_on_worker(job: Job, limits: Limits) -> Verdict:
    """Give the verdict on a job, in the sandbox of this worker process."""
    for lost in range(1, TRIES + 1):
        if limits not in _of_this_worker:
            _of_this_worker[limits] = open_sandbox(limits)
            atexit.register(_close, limits)
        try:
            return judge(job, _of_this_worker[limits])
        except SandboxLost as error:
            _close(limits)
            why = f"{lost} sandboxes ended: {error}"
    return failure(job, why)


def _collect(client: Client, jobs: Sequence[Job], limits: Limits) -> Iterator[Verdict]:
    """Yield verdicts as they come; when nothing has come for longer than a submission can take, give up the rest."""
    finished: queue.Queue[Future] = queue.Queue()
    futures: dict[Future, Job] = {}
    for job in jobs:
        key = f"grade-{job.student}-{job.key}"
        future = client.submit(judge_on_worker, job, limits, key=key, retries=2, pure=False)
        futures[future] = job
        future.add_done_callback(finished.put)
    patience = limits.total_seconds + _EXTRA
    while futures:
        try:
            future = finished.get(timeout=patience)
        except queue.Empty:
            client.cancel(list(futures), force=True)
            for job in futures.values():
                yield failure(job, f"no worker has finished it in {patience:g} seconds")
            return
        job = futures.pop(future)
        error = future.exception()
        yield future.result() if error is None else failure(job, f"{type(error).__name__}: {error}")
        future.release()


def _close(limits: Limits) -> None:
    with contextlib.suppress(KeyError):
        _of_this_worker.pop(limits).close()
