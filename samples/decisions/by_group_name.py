"""Decision by the names of groups: `airflow-<environment>-<role>`, such as airflow-finance-viewer.

The environment's name is as MWAA has it, the role's in lower case. What the table grants does not
count.
"""

from __future__ import annotations

from authenticator.decision import Answer, Question, RoleAccess

ROLES = ("Viewer", "User", "Op", "Admin")


def decide(question: Question) -> Answer:
    """Returns the roles whose groups the person is in."""
    return {
        environment: {
            role: RoleAccess(expires=None, reason=f"group {name}")
            for role in ROLES
            if (name := f"airflow-{environment}-{role.lower()}") in question.groups
        }
        for environment in question.environments
    }
