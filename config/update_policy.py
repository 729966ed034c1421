"""Update policies: what deploying another value of a key does to what runs.

Each key of the file names one, beside its meaning. `docs/changes.md` is made from them, and
`tests/templates/test_update_policies.py` holds them against the templates of a change and against
CloudFormation's schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple

from mwaa.version_moves import CREATION_MINUTES, MOVE_MINUTES


class Effect(StrEnum):
    """How AWS takes another value."""

    BY_KEY = "by key"
    FREE = "free"
    IN_PLACE = "in place"
    REPLACEMENT = "replacement"
    REFUSED = "refused"


class Interrupts(StrEnum):
    """What stands still, or ends, while AWS takes it."""

    NOTHING = "nothing"
    SIGN_IN = "sign-in"
    TASKS = "running tasks"


class Minutes(NamedTuple):
    """How many minutes something takes, from and to; as text without numbers where it is short."""

    least: int
    most: int

    def __str__(self) -> str:
        if self.most <= SHORT:
            return "minutes"
        if self.most >= AS_HOURS:
            return f"up to {self.most // 60} hours"
        return f"{self.least} to {self.most} minutes"


SHORT, AS_HOURS = 10, 120
FEW = Minutes(1, 5)
RESTART, GRACEFUL_RESTART = Minutes(20, 30), Minutes(20, 12 * 60)
UPGRADE, CREATION = Minutes(20, MOVE_MINUTES), Minutes(20, CREATION_MINUTES)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a policy says: its effect, how long that takes, and what it means to people.

    `minutes` are those of a deployment that AWS takes, and `{minutes}` in `takes` stands for them.
    `text` is the whole story in one or two sentences; `way_round` what to do instead, where the
    change is refused or loses something; `aftermath` what stands still once it was refused, until
    the former value is deployed again.
    """

    effect: Effect
    minutes: Minutes = FEW
    takes: str = "{minutes}"
    text: str
    interrupts: Interrupts = Interrupts.NOTHING
    way_round: str | None = None
    aftermath: str | None = None

    @property
    def duration(self) -> str:
        """How long it takes, in words."""
        return self.takes.format(minutes=self.minutes)


RESTARTING = f"{{minutes}}; with `GRACEFUL` {GRACEFUL_RESTART}"


class UpdatePolicy(Enum):
    """The policies of all keys.

    How MWAA updates an environment, and how long that takes:
    https://docs.aws.amazon.com/mwaa/latest/userguide/environments-maintenance-updates.html
    https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
    """

    BY_KEY = Policy(
        effect=Effect.BY_KEY,
        takes="as its keys",
        text="A section: each of its keys has a policy of its own.",
    )
    FREE = Policy(
        effect=Effect.FREE,
        text="Nothing that runs is interrupted.",
    )
    ADDS_STACKS = Policy(
        effect=Effect.FREE,
        minutes=CREATION,
        takes="as long as what is added: an environment {minutes}",
        text="What is added gets stacks of its own, and nothing else is interrupted. What is taken "
        "out leaves its stacks behind.",
        way_round="`./mwaa-platform doctor` names stacks that the file no longer has, and the "
        "command that destroys each.",
    )
    TRUSTS_OTHERS = Policy(
        effect=Effect.FREE,
        text="Jobs that the former value let in can no longer act as the roles; one that is going "
        "on loses its credentials within the hour. A provider that the stack made stays in the "
        "account when another takes its place.",
        way_round="Deploy it from a laptop: a deployment that takes its own credentials away may "
        "not end.",
    )
    TAKES_A_NUMBER = Policy(
        effect=Effect.FREE,
        text="Nothing that runs is interrupted. A number that another environment still has is "
        "refused: its priority is in use. So two that trade theirs fail.",
        way_round="Use a free number; or change first the environment that gives its number up, in "
        "a deployment of its own.",
    )
    KEEPS_LOGS = Policy(
        effect=Effect.FREE,
        text="Nothing that runs is interrupted. With fewer days CloudWatch deletes what is older, "
        "within three days and for good.",
    )
    LEAVES_LOGS = Policy(
        effect=Effect.FREE,
        text="Access logs go to the other bucket. One that was made here stays, with its logs.",
    )
    RESTARTS = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=RESTARTING,
        interrupts=Interrupts.TASKS,
        text="MWAA replaces the environment's containers: running tasks are ended, and Airflow's "
        "retries start them again; with `WorkerReplacementStrategy` `GRACEFUL` they are waited "
        "for. CloudFormation sends tags, maintenance window and replacement strategy by the same "
        "call, which restarts as well.",
    )
    TAKES_ANOTHER_TOKEN = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=RESTARTING,
        interrupts=Interrupts.TASKS,
        text="MWAA restarts the environment. A catalogue that comes, or has another address, has "
        "another secret for its token, which is empty when it is made here: lineage stands still "
        "until it is filled. The secret of one that goes was made here, and goes with its token.",
        way_round="Fill it by `./mwaa-platform lineage token set`.",
    )
    TAKES_ANOTHER_ROLE = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=RESTARTING,
        interrupts=Interrupts.TASKS,
        text="MWAA restarts the environment, which then runs under the other role. From the first "
        "minutes of the deployment a key, bucket or secret that was made here no longer lets a "
        "former role of your own in. Without the key it cannot read the queue, so every task "
        "fails until the restart is over: with `WorkerReplacementStrategy` `GRACEFUL` that can be "
        "12 hours. A former role that was made here goes at the end, and policies elsewhere that "
        "name it let the environment in no longer. Where the other role cannot do its work, MWAA "
        "rolls the update back.",
        way_round="Give the other role what `./mwaa-platform policies` prints, look at it with "
        "`./mwaa-platform doctor`, and change the key while nothing runs, with "
        "`WorkerReplacementStrategy` `FORCED`. Or let the former role in by hand, in the policies "
        "of that key, bucket and secret, once the deployment has changed them.",
    )
    MOVES_SECRETS = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=RESTARTING,
        interrupts=Interrupts.TASKS,
        text="MWAA restarts the environment, which then looks connections and variables up in the "
        "other place. From the first minutes of the deployment its role may read there alone, so "
        "until the restart is over a task that looks one up fails, or finds one of that name in "
        "Airflow's own database.",
        way_round="Copy the secrets to the other place before, and change it while nothing runs.",
    )
    UPGRADES = Policy(
        effect=Effect.IN_PLACE,
        minutes=UPGRADE,
        interrupts=Interrupts.TASKS,
        text="MWAA takes a snapshot of the metadata database and replaces all containers. Running "
        "tasks are ended.",
        way_round="From Airflow 2 to 3, and back, go through 2.11.",
    )
    MOVES_DAGS = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=RESTARTING,
        interrupts=Interrupts.TASKS,
        text="MWAA restarts the environment, which then reads DAGs from the other bucket or "
        "folder. What the platform ships is copied there. What was in the former place stays "
        "there, and so does a bucket that was made here.",
        way_round="Copy your own DAGs to the other place before. Leave out those that `Dags` and "
        "`Preflight` ship: the deployment puts them there, and refuses a copy that it finds.",
    )
    MOVES_EGRESS = Policy(
        effect=Effect.IN_PLACE,
        interrupts=Interrupts.TASKS,
        text="A gateway that goes cuts the connections through it, of tasks and of the load "
        "balancer to the identity provider, and its address no longer calls other systems.",
        way_round="Change it while nothing runs, and admit the new addresses where they are "
        "filtered.",
    )
    MOVES_ENDPOINTS = Policy(
        effect=Effect.IN_PLACE,
        interrupts=Interrupts.TASKS,
        text="Made, the interface endpoints serve the whole VPC; AWS refuses one of a service that "
        "the VPC has an endpoint of already, whoever made it. Taken out, they are deleted: every "
        "environment in the VPC then reaches those services by the internet, or not at all.",
        way_round="Change it while nothing runs. From one entry to another, take it out of the one "
        "first, in a deployment of its own.",
    )
    SIGNS_IN_AGAIN = Policy(
        effect=Effect.IN_PLACE,
        interrupts=Interrupts.SIGN_IN,
        text="People sign in again: their sessions are no longer good. While the deployment runs, "
        "a sign-in can fail.",
    )
    MOVES_ROUTES = Policy(
        effect=Effect.IN_PLACE,
        interrupts=Interrupts.SIGN_IN,
        text="Routes between the load balancer's VPC and those of private web servers lead another "
        "way: each is changed in place, once the new way is there. Until both sides are changed, "
        "nobody reaches these web servers; running tasks do not notice. The load balancer's "
        "attachment to a transit gateway that nothing uses any more goes first.",
        way_round="Change it while nobody needs Airflow's pages.",
    )
    JOINS_A_VPC = Policy(
        effect=Effect.FREE,
        text="Nothing that runs is interrupted. Its VPC is joined by a stack of its own, which "
        "stays when the key is taken out.",
        way_round="`./mwaa-platform doctor` names stacks that the file no longer has, and the "
        "command that destroys each.",
    )
    ANOTHER_VPC = Policy(
        effect=Effect.REPLACEMENT,
        text="The other VPC is joined by a stack of its own, before anything else is changed. That "
        "of the former one stays, with its routes and its rule.",
        way_round="`./mwaa-platform doctor` names the former stack, and the command that destroys "
        "it. If the two have the same range, destroy it first: a route table has one route to a "
        "range.",
    )
    NEEDS_A_RULE = Policy(
        effect=Effect.IN_PLACE,
        interrupts=Interrupts.SIGN_IN,
        text="The load balancer takes the other security group. The rule that the platform keeps "
        "for its own group goes, and nobody gets an answer until the environment's security group "
        "lets the other one in.",
        way_round="Let the other group in on port 443 before.",
    )
    OPENS_ANOTHER = Policy(
        effect=Effect.IN_PLACE,
        interrupts=Interrupts.SIGN_IN,
        text="The load balancer opens the other environment, where people have no Airflow session "
        "yet.",
    )
    MOVES_HOST = Policy(
        effect=Effect.IN_PLACE,
        takes="{minutes}, and as long as caches keep the former DNS record",
        interrupts=Interrupts.SIGN_IN,
        text="People open another host name. The former one stops answering, with its record and "
        "certificate where they are made here. A host that another stack still has is refused.",
        way_round="Register the redirect URI of the new host with the provider before. Free a host "
        "of another environment first, in a deployment of its own.",
    )
    MOVES_RECORDS = Policy(
        effect=Effect.IN_PLACE,
        takes="{minutes}, and as long as caches keep the former DNS record",
        interrupts=Interrupts.SIGN_IN,
        text="The hosts' records, and the certificates that are made here, go from one zone to "
        "another. Where the key is taken out they go, and people reach a host again once it has a "
        "record made by hand. Where the key is given, the deployment fails while the zone has a "
        "record made by hand: it already exists.",
        way_round="Before you give the key, delete the record made by hand. Before you take it "
        "out, give a certificate, and make the record where the name is served from then on; in "
        "the same zone it can be made only right after the deployment.",
    )
    MOVES_HOST_OF_AIRFLOW = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=f"minutes; on Airflow 2 {RESTARTING}",
        interrupts=Interrupts.TASKS,
        text="People open another host name, and the former one stops answering. Airflow 2 has the "
        "name as an option, so MWAA restarts the environment. A host that another stack still has "
        "is refused.",
        way_round="With `UiGate`, register the redirect URI of the new host with the provider "
        "before. Free a host of another environment first, in a deployment of its own.",
    )
    ANOTHER_ENTRY = Policy(
        effect=Effect.REPLACEMENT,
        interrupts=Interrupts.SIGN_IN,
        text="The portal opens the other environment. With `UiHost` a stack is made for it, and "
        "that of the former one still holds the host's record.",
        way_round="With `UiHost`, first destroy the former stack: `npx cdk destroy "
        "Ui-<former name>`.",
    )
    ANOTHER_ENVIRONMENT = Policy(
        effect=Effect.REPLACEMENT,
        minutes=CREATION,
        interrupts=Interrupts.TASKS,
        text="Another environment is made in a stack of its own, without the run history, "
        "connections and variables of the former. The former one runs on outside the file, and "
        "still holds its range of addresses and its `UiHost`.",
        way_round="Add the new one as a second entry, with another `VpcCIDR` and in the `Grants`, "
        "move what is needed, then [remove the former](operating.md#remove-one-environment).",
    )
    ANOTHER_PLATFORM = Policy(
        effect=Effect.REPLACEMENT,
        takes="an hour and more",
        interrupts=Interrupts.SIGN_IN,
        text="Every stack gets another name, so a second platform is made beside the first, with "
        "an empty grants table. Its environments are refused while the first has them.",
        way_round="[Export the grants](operating.md#back-up-and-restore-the-grants), and "
        "[remove the first platform](operating.md#remove-everything), while the file has its name, "
        "with the log groups of its environments.",
    )
    RENAMES_ROLES = Policy(
        effect=Effect.IN_PLACE,
        minutes=RESTART,
        takes=RESTARTING,
        interrupts=Interrupts.TASKS,
        text="Every role is replaced, and new environments restart to take theirs. Airflow names "
        "people after the role that they come by, so they are other users in it. Policies of "
        "buckets, keys, other accounts and DataZone projects that name an `ExecutionRoleArn` no "
        "longer let its environment in. Where IAM does not know a role yet when MWAA tries it, the "
        "update is rolled back.",
        way_round="Let those policies name the new role, and deploy again what was rolled back.",
    )
    REFUSED_ROLES = Policy(
        effect=Effect.REFUSED,
        takes="20 to 30 minutes, by the way round",
        interrupts=Interrupts.TASKS,
        text="A role is replaced, and CloudFormation refuses that while the former one has its "
        "name: so with those of web login. Environments are deployed before, and have restarted "
        "under the other path by then.",
        way_round="Give another `NamePrefix` in the same change: every role is replaced, and "
        "environments restart.",
    )
    REFUSED_ENVIRONMENT = Policy(
        effect=Effect.REFUSED,
        takes="about an hour, by the way round",
        interrupts=Interrupts.TASKS,
        text="MWAA takes it only when an environment is made, and CloudFormation refuses to "
        "replace an environment, or a subnet, while the former one holds its name or addresses.",
        way_round="Add an environment of another name, with another `VpcCIDR` if its VPC is made. "
        "Or save connections and variables, [remove it](operating.md#remove-one-environment), its "
        "log groups too, and add it with the other value: the run history is lost.",
    )
    REFUSED_LOAD_BALANCER = Policy(
        effect=Effect.REFUSED,
        takes="about 15 minutes, by the way round",
        interrupts=Interrupts.SIGN_IN,
        text="It takes another load balancer, and CloudFormation cannot put one in the place of "
        "another: a target group belongs to one load balancer, and other stacks use the former. "
        "The stack Network is deployed before that fails: with `InternetFacing` it has lost its "
        "NAT gateway, and nobody can sign in until the former value is deployed again.",
        way_round="[Replace a load balancer](operating.md#replace-a-load-balancer).",
        aftermath="Where that takes the stack Network's NAT gateway, nobody can sign in until the "
        "former value is deployed again.",
    )
    REFUSED_SUBNETS = Policy(
        effect=Effect.REFUSED,
        takes="an hour with an environment, otherwise about 15 minutes, by the way round",
        interrupts=Interrupts.TASKS,
        text="It needs other subnets, or another VPC, and the former ones are still in use.",
        way_round="Add another environment, under another name and with another range; or save "
        "connections and variables, [remove it](operating.md#remove-one-environment), its log "
        "groups too, and add it with the other value: the run history is lost.",
    )
    REFUSED_SHARED_SUBNETS = Policy(
        effect=Effect.REFUSED,
        takes="about 15 minutes, by the way round",
        interrupts=Interrupts.TASKS,
        text="It needs other subnets, or another VPC, and the former ones are still in use.",
        way_round="[Replace the load balancer](operating.md#replace-a-load-balancer), naming an "
        "existing VPC with `Alb.VpcId`; or destroy the stack Network too, and before it the `Way-` "
        "stacks and those of new private environments.",
    )
    REFUSED_FEWER_ZONES = Policy(
        effect=Effect.REFUSED,
        takes="minutes where it is raised",
        text="More zones are taken in place, and nothing is interrupted. Fewer are refused: the "
        "load balancer is in the subnets that would go, and private environments have routes to "
        "them.",
        way_round="Leave it as it is: subnets cost nothing.",
    )


BY_KEY = UpdatePolicy.BY_KEY
FREE = UpdatePolicy.FREE
RESTARTS = UpdatePolicy.RESTARTS
SIGNS_IN_AGAIN = UpdatePolicy.SIGNS_IN_AGAIN
