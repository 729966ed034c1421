"""Program that runs both checkers, in their own environment, and prints their findings as JSON.

Arguments: a folder of templates, and a file with the policies in them, each `{place, document}`.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")  # parliament imports what setuptools is about to drop

from checkov.cloudformation.runner import Runner  # noqa: E402
from checkov.runner_filter import RunnerFilter  # noqa: E402
from parliament import analyze_policy_string  # noqa: E402


def main(folder: str, policies: str) -> None:
    report = Runner().run(root_folder=folder, runner_filter=RunnerFilter())
    found = [
        {
            "check": each.check_id,
            "place": f"{Path(each.file_path).with_suffix('')}/{each.resource.rpartition('.')[2]}",
            "says": each.check_name,
        }
        for each in report.failed_checks
    ]
    for policy in json.loads(Path(policies).read_text()):
        analyzed = analyze_policy_string(json.dumps(policy["document"]))
        found += [
            {"check": each.issue, "place": policy["place"], "says": f"{each.detail}"}
            for each in analyzed.findings
        ]
    errors = [str(each) for each in report.parsing_errors]
    json.dump({"resources": len(report.resources), "errors": errors, "found": found}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
