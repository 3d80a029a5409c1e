"""Plays the runner of GitHub Actions for a composite action: inputs, conditions, expressions, outputs, the summary. Arguments: the
directory of the action, the workspace, the inputs as JSON, the program that a cache would bring. Prints what came of it as JSON."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

action, workspace, inputs, cached = pathlib.Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
definition = yaml.safe_load((action / "action.yml").read_text())
unknown = set(inputs) - set(definition["inputs"])
assert not unknown, unknown
temporary = pathlib.Path(workspace).parent / "runner"
shutil.rmtree(temporary, ignore_errors=True)
temporary.mkdir()

contexts = {"runner.os": "Linux", "runner.arch": "X64", "github.action_repository": "otcov/otcov"}
for name, about in definition["inputs"].items():
    contexts[f"inputs.{name}"] = inputs.get(name, about.get("default", ""))


def looked_up(name):
    # What a step did not say is empty, as with the real runner.
    known = re.fullmatch(r"(inputs|runner|github|steps)\.[\w.-]+", name)
    assert known, f"no such expression: {name}"
    return contexts.get(name, "")


def filled(text):
    return re.sub(r"\$\{\{\s*(.+?)\s*\}\}", lambda it: looked_up(it[1]), str(text))


def holds(condition):
    for part in condition.split("&&"):
        name, operator, text = re.fullmatch(r"\s*([\w.-]+)\s*(==|!=)\s*'(.*)'\s*", part).groups()
        if (looked_up(name) == text) != (operator == "=="):
            return False
    return True


def read_outputs(path):
    """As the runner reads the file: `name=value` on a line, or `name<<end` and lines up to the end."""
    outputs, lines = {}, iter(path.read_text().split("\n"))
    for line in lines:
        if not line:
            continue
        name, sign, rest = re.fullmatch(r"([^=<]+)(=|<<)(.*)", line).groups()
        if sign == "=":
            outputs[name] = rest
            continue
        value = []
        for line in lines:
            if line == rest:
                break
            value.append(line)
        else:
            raise AssertionError(f"{name} has no end")
        outputs[name] = "\n".join(value)
    return outputs


log, used, status = "", [], 0
summary = temporary / "summary"
summary.touch()
for number, step in enumerate(definition["runs"]["steps"]):
    if "if" in step and not holds(step["if"]):
        continue
    if "uses" in step:
        given = {key: filled(value) for key, value in step["with"].items()}
        used.append([step["uses"].split("@")[0], given])
        if "cache" in step["uses"] and cached:
            pathlib.Path(given["path"]).mkdir(parents=True)
            shutil.copy(cached, pathlib.Path(given["path"]) / "otcov")
        continue
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "an expression in a script is text that anybody may write"
    output = temporary / f"output{number}"
    output.touch()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(temporary),
        "GITHUB_ACTION_PATH": str(action),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(temporary),
        "RUNNER_TOOL_CACHE": str(temporary / "tools"),
    }
    environment |= {key: filled(value) for key, value in step.get("env", {}).items()}
    script = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", filled(step["run"])]
    done = subprocess.run(script, cwd=workspace, env=environment, capture_output=True, text=True)
    log += done.stdout + done.stderr
    for name, value in read_outputs(output).items():
        contexts[f"steps.{step.get('id')}.outputs.{name}"] = value
    if done.returncode:
        status = done.returncode
        break

outputs = {name: filled(about["value"]) for name, about in definition["outputs"].items()}
print(json.dumps({"status": status, "outputs": outputs, "summary": summary.read_text(), "log": log, "used": used}))
