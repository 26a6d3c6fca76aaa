"""The grid of jobs: what is run, what is resumed, what is written."""

import dataclasses
import json
import operator
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seq2bert.experiments import Experiment, Record, load_result, record, run_experiment
from seq2bert.experiments import __main__ as command

echo = operator.itemgetter("figures")  # a job whose settings say what it finds; any process can import it


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch):
    """Run the jobs here; the test of the killed run below starts real processes."""

    def run_jobs(experiment, jobs, processes, folder):
        more = () if experiment.makes is None else (folder,)
        return (Record(settings, experiment.run_job(settings, *more)) for settings in jobs)

    monkeypatch.setattr(record, "_run_jobs", run_jobs)


def job(seed, **figures):
    return {"seed": seed, "figures": figures}


def make_experiment(jobs, *, plan=None, config=None, name="tiny", run_job=echo):
    return Experiment(
        name=name,
        description="a tiny grid",
        plan=(lambda records: jobs) if plan is None else plan,
        run_job=run_job,
        config={"size": 1} if config is None else config,
        summarise=lambda records: {"sum": sum(record.figures["x"] for record in records)},
    )


def run(experiment, folder, **options):
    path = run_experiment(
        experiment, folder=folder / "work", output=folder / "out" / "tiny.json", progress=False, **options
    )
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_record_says_what_ran(tmp_path):
    document = run(make_experiment([job(0, x=1), job(1, x=2)]), tmp_path)
    assert document["name"] == "tiny"
    assert document["command"] == "python -m seq2bert.experiments tiny"
    assert document["seeds"] == [0, 1]
    assert document["summary"] == {"sum": 3}
    assert document["runs"] == [
        {"settings": job(0, x=1), "figures": {"x": 1}},
        {"settings": job(1, x=2), "figures": {"x": 2}},
    ]
    assert document["config"] == {"size": 1}
    assert set(document["versions"]) == {"python", "torch", "numpy", "Babel", "seq2bert"}
    assert document["threads_per_job"] == 1
    assert len(document["code_sha256"]) == len(document["config_sha256"]) == 64


def test_a_record_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    experiment = make_experiment([job(0, x=1)])
    run(experiment, tmp_path)
    written = []

    def replace(source, target):
        written.append(json.loads(Path(source).read_text(encoding="utf-8"))["summary"])
        raise OSError("the machine goes down")

    monkeypatch.setattr(record.os, "replace", replace)
    with pytest.raises(OSError, match="goes down"):
        run(make_experiment([job(1, x=2)]), tmp_path)
    assert written == [{"sum": 2}]  # the new one was whole before it took the place of the old one
    assert json.loads((tmp_path / "out" / "tiny.json").read_text(encoding="utf-8"))["summary"] == {"sum": 1}


def test_a_later_part_may_depend_on_an_earlier_one(tmp_path):
    first = [job(0, x=5), job(1, x=3)]

    def plan(records):
        found = {record.settings["seed"]: record.figures["x"] for record in records}
        if len(found) < 2:
            return first
        return [*first, job(10 + min((0, 1), key=found.get), x=0)]

    document = run(make_experiment([], plan=plan), tmp_path)
    assert [entry["settings"]["seed"] for entry in document["runs"]] == [0, 1, 11]


def test_runs_are_written_in_the_order_of_the_plan_and_only_those_wanted(tmp_path):
    run(make_experiment([job(2, x=1), job(0, x=1)]), tmp_path)
    document = run(make_experiment([job(3, x=1), job(2, x=1)]), tmp_path)
    assert [entry["settings"]["seed"] for entry in document["runs"]] == [3, 2]


def test_files_that_a_job_makes_are_kept_beside_the_results(tmp_path):
    def train(settings, folder):
        (folder / "weights").mkdir(exist_ok=True)
        (folder / "weights" / "model.txt").write_text(f"seed {settings['seed']}")
        return settings["figures"]

    experiment = dataclasses.replace(make_experiment([job(3, x=1)], run_job=train), makes="weights")
    for _ in range(2):  # once more: the job is not run again, the files are copied again
        run(experiment, tmp_path)
    assert (tmp_path / "checkpoints" / "weights" / "model.txt").read_text() == "seed 3"


def test_a_job_that_fails_leaves_the_others_done(tmp_path):
    broken = {"seed": 1}  # no figures: the job raises
    experiment = make_experiment([job(0, x=1), broken])
    with pytest.raises(KeyError):
        run(experiment, tmp_path)
    (unfinished,) = (tmp_path / "work").iterdir()
    assert json.loads(unfinished.read_text())["settings"] == job(0, x=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.error_messages
@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_figure_that_is_not_finite_is_not_recorded(tmp_path, figure):
    with pytest.raises(ValueError, match=r"figures must be finite; job \{'seed': 1.* found \{'x': (nan|inf)\}"):
        run(make_experiment([job(0, x=1), job(1, x=figure)]), tmp_path)
    (unfinished,) = (tmp_path / "work").iterdir()
    assert len(unfinished.read_text().splitlines()) == 1  # the job before it is kept


def write_unfinished(folder, experiment, text):
    path = folder / "work" / f"{experiment.name}-{experiment.config_sha256[:12]}.jsonl"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def test_finished_jobs_are_not_run_again_and_a_cut_off_last_line_is(tmp_path):
    experiment = make_experiment([job(0, x=1), job(1, x=2)])
    # Figures that no job would find: what comes out was read from the file.
    done = json.dumps({"settings": job(0, x=1), "figures": {"x": 100}}) + "\n"
    cut = json.dumps({"settings": job(1, x=2), "figures": {"x": 200}})[:-5]
    path = write_unfinished(tmp_path, experiment, done + cut)
    assert run(experiment, tmp_path)["summary"] == {"sum": 102}
    assert len(path.read_text().splitlines()) == 2  # the cut line is gone, the file can be read again
    assert run(experiment, tmp_path)["summary"] == {"sum": 102}


def test_a_run_of_another_config_is_not_resumed(tmp_path):
    experiment = make_experiment([job(0, x=1)])
    write_unfinished(tmp_path, experiment, json.dumps({"settings": job(0, x=1), "figures": {"x": 100}}) + "\n")
    assert run(make_experiment([job(0, x=1)], config={"size": 2}), tmp_path)["summary"] == {"sum": 1}
    assert run(make_experiment([job(0, x=1)], name="other"), tmp_path)["summary"] == {"sum": 1}


KILLED = '''
"""A grid whose second job kills the run once, as a machine that goes down would."""
import os, signal, sys, time
from pathlib import Path
from seq2bert.experiments import Experiment, run_experiment

HERE = Path(__file__).parent

def job(settings):
    with open(HERE / "log", "a") as log:
        log.write(f"{settings['seed']}\\n")
    if settings["seed"] == 1 and not (HERE / "worker").exists():
        (HERE / "worker").write_text(str(os.getpid()))
        while not any(file.stat().st_size for file in HERE.glob("work/*.jsonl")):  # until the first job is written down
            time.sleep(0.01)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return {"x": settings["seed"], "threads": os.environ["OMP_NUM_THREADS"], "process": os.getpid()}

def plan(records):
    return [{"seed": 0}, {"seed": 1}, {"seed": 2}]

EXPERIMENT = Experiment("killed", "", plan, job, {}, lambda records: {})

if __name__ == "__main__":
    import killed
    run_experiment(killed.EXPERIMENT, folder=HERE / "work", output=HERE / "out.json", progress=False)
'''


@pytest.mark.skipif(os.name != "posix", reason="kills a process with SIGKILL")
def test_a_run_that_is_killed_goes_on_where_it_stopped(tmp_path):
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    first = subprocess.run([sys.executable, str(script)], timeout=300, check=False)
    assert first.returncode == -9
    assert not (tmp_path / "out.json").exists()
    assert ends(int((tmp_path / "worker").read_text()))  # no worker outlives the run
    subprocess.run([sys.executable, str(script)], timeout=300, check=True)
    assert (tmp_path / "log").read_text().split() == ["0", "1", "1", "2"]  # only the job under way ran twice
    runs = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert [entry["figures"]["x"] for entry in runs] == [0, 1, 2]
    assert {entry["figures"]["threads"] for entry in runs} == {"1"}
    assert os.getpid() not in {entry["figures"]["process"] for entry in runs}


def ends(process, *, within=30):
    """Whether a process is gone before that many seconds have passed."""
    for _ in range(10 * within):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").exists() and " Z " in Path(f"/proc/{process}/stat").read_text():
            return True  # ended, and nobody has asked how
        time.sleep(0.1)
    return False


@pytest.mark.error_messages
def test_errors_name_the_problem(tmp_path):
    with pytest.raises(ValueError, match="processes must be at least 1; got 0"):
        run(make_experiment([job(0, x=1)]), tmp_path, processes=0)
    with pytest.raises(ValueError, match="no result is recorded under 'nothing'; there are: "):
        load_result("nothing")


def test_the_command_runs_one_experiment(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "find_experiments", lambda: {"tiny": make_experiment([job(0, x=7)])})
    output = tmp_path / "tiny.json"
    command.main(["tiny", "--folder", str(tmp_path / "work"), "--output", str(output), "--jobs", "2"])
    assert json.loads(output.read_text())["summary"] == {"sum": 7}
    assert str(output) in capsys.readouterr().out


def test_the_command_lists_what_there_is(capsys):
    command.main([])
    assert "dates-zoo" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["no-such-experiment"])
    assert "dates-zoo" in capsys.readouterr().err  # the error names the choices


RECORDED = sorted((Path(command.__file__).parent.parent / "assets" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_shipped_record_belongs_to_the_experiment_as_it_is_now(path):
    document = load_result(path.stem)
    experiment = command.find_experiments()[path.stem]
    assert document["config_sha256"] == experiment.config_sha256
    assert document["command"] == f"python -m seq2bert.experiments {path.stem}"
    records = [Record(**entry) for entry in document["runs"]]
    planned = experiment.plan(records)
    assert [record.settings for record in records] == planned  # nothing is missing, nothing left over
    assert json.loads(json.dumps(experiment.summarise(records))) == document["summary"]
