"""The SDKs that the Pulumi CLI generates from the schema. `make sdks` compiles those of every language."""

import subprocess
import warnings

import pytest

from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.pulumi_engine,
    pytest.mark.filterwarnings("default::RuntimeWarning"),
]


def test_the_sdk_of_each_language_that_the_cli_knows_is_generated() -> None:
    done = subprocess.run(
        ["scripts/sdks.sh"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "python: generated and compiled" in done.stdout
    lines = (done.stdout + done.stderr).splitlines()
    assert [line.partition(":")[0] for line in sorted(lines)] == [
        *("dotnet", "go", "java", "nodejs", "python")
    ]
    # Said aloud: what this CLI has no plugin for was not shown here.
    for line in lines:
        if "DID NOT RUN" in line:
            warnings.warn(line, RuntimeWarning, stacklevel=1)
