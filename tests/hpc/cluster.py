"""Run a command on a Slurm cluster that exists only while it runs: a controller and two nodes on this machine.

python tests/hpc/cluster.py COMMAND [ARGUMENT ...]

As root, on Debian or a relative of it; Slurm is installed from its packages where it is missing. All runs in namespaces
of its own (`unshare`): of the network there is a loopback and nothing else, /etc/slurm is a folder in memory that no
other process sees, and whatever was started ends with the command, however that ends. A cluster to which this machine
belongs is neither used nor changed. Exit code: the command's; 2 where there cannot be a cluster. `bash` as the command
is a cluster to try things on.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PACKAGES = ("munge", "slurmctld", "slurmd", "slurm-client", "iproute2")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "ip")
NAMESPACES = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"]
INSIDE = "--inside"
# The plugin's job step drops SLURM_CONF before it calls srun: the configuration has to be where Debian's Slurm looks.
FOLDER = Path("/etc/slurm")
MUNGE = FOLDER / "munge.socket"
NODES = ("node1", "node2")
CONFIGURATION = f"""\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={MUNGE}
CredType=cred/munge
StateSaveLocation={FOLDER}/controller
SlurmdSpoolDir={FOLDER}/%n
SlurmctldPidFile={FOLDER}/slurmctld.pid
SlurmdPidFile={FOLDER}/%n.pid
SlurmctldLogFile={FOLDER}/slurmctld.log
SlurmdLogFile={FOLDER}/%n.log
# Without cgroups: processes are found by their parents, memory is polled, and a job above its limit is ended.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
# As on a cluster without a database of its jobs: squeue is all there is to ask.
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
# A job that asks for more than a partition has is refused, not kept waiting for ever.
EnforcePartLimits=ALL
# For as long as there is a test that may ask how a job ended.
MinJobAge=86400
ReturnToService=2
SlurmdTimeout=10
KillWait=3
MessageTimeout=10
MpiDefault=none
SwitchType=switch/none
# More than the machine may have: the nodes share it, and two small jobs fit on each.
SlurmdParameters=config_overrides
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=16821 CPUs=4 RealMemory=16000
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=16822 CPUs=4 RealMemory=16000
PartitionName=main Nodes=ALL Default=YES MaxTime=120 State=UP
"""


class NoCluster(Exception):
    """There cannot be a cluster here; the message says what to do."""


def install() -> None:
    """Install the packages that are missing. Raises NoCluster without root or apt."""
    if os.geteuid() != 0:
        raise NoCluster("a cluster of one machine is started as root; run as root, or in a container that has it")
    if not shutil.which("unshare"):
        raise NoCluster("unshare is missing; install util-linux")
    if all(shutil.which(program) for program in PROGRAMS):
        return
    if not shutil.which("apt-get"):
        raise NoCluster(f"there is no apt-get here; install Slurm and munge ({', '.join(PROGRAMS)})")
    print(f"installing {', '.join(PACKAGES)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # Debian starts the services of a package as it installs it, unless this program says no (exit code 101).
    policy = Path("/usr/sbin/policy-rc.d")
    own = not policy.exists()
    if own:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=True)
    except subprocess.CalledProcessError:
        raise NoCluster(f"apt-get could not install {', '.join(PACKAGES)}; see above") from None
    finally:
        if own:
            policy.unlink()


def until(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until something is so. Raises NoCluster, after the ends of the daemons' logs, where it never is."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            for log in sorted(FOLDER.glob("*.log")):
                print(f"--- {log.name}", *log.read_text().splitlines()[-15:], sep="\n", file=sys.stderr)
            raise NoCluster(f"the cluster did not start: {what}; its logs are above")
        time.sleep(0.1)


def says(*command: str) -> str:
    """What a command says; empty where it fails."""
    process = subprocess.run(command, text=True, capture_output=True, check=False)
    return process.stdout if process.returncode == 0 else ""


def start() -> None:
    """Start munge, the controller and the nodes, in namespaces of their own."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Slurm looks addresses up with AI_ADDRCONFIG, for which a host with none but 127.0.0.1 has no network at all.
    # This one is reserved for documentation (RFC 5737), and leads nowhere.
    subprocess.run(["ip", "address", "add", "192.0.2.1/32", "dev", "lo"], check=True)
    # The name by which the controller and the nodes look for themselves.
    subprocess.run(["hostname", "localhost"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(FOLDER)], check=True)
    (FOLDER / "slurm.conf").write_text(CONFIGURATION)
    key = FOLDER / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    files = {"key-file": key, "socket": MUNGE, "pid-file": FOLDER / "munge.pid", "log-file": FOLDER / "munge.log"}
    options = [f"--{name}={path}" for name, path in files.items()]
    subprocess.run(["munged", *options, f"--seed-file={FOLDER / 'munge.seed'}"], check=True)
    subprocess.run(["slurmctld", "-i"], check=True)
    until(lambda: "UP" in says("scontrol", "ping"), "the controller does not answer")
    for node in NODES:
        start_node(node)


def start_node(node: str) -> None:
    """Start a node, for the first time or after its end."""
    subprocess.run(["slurmd", "-N", node], check=True)
    until(lambda: says("sinfo", "-h", "-n", node, "-o", "%T").strip() in ("idle", "mixed"), f"{node} is not idle", 60)


def end_node(node: str) -> None:
    """Take a node's power away: all that runs on it is gone at once, and nobody is told."""
    jobs = says("squeue", "-h", "-w", node, "-o", "%A").split()
    starts = [f"slurmstepd: [{job}." for job in jobs]
    parents = {
        int(path.name): int(path.joinpath("stat").read_text().rpartition(")")[2].split()[1])
        for path in Path("/proc").iterdir()
        if path.name.isdigit()
    }
    doomed = {int((FOLDER / f"{node}.pid").read_text())}
    doomed |= {number for number in parents if command(number).startswith(tuple(starts or ["-"]))}
    while more := {number for number, parent in parents.items() if parent in doomed} - doomed:
        doomed |= more
    for number in doomed:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def command(number: int) -> str:
    """The command line of a process; empty where it has ended."""
    try:
        return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def main() -> int:
    """Enter the namespaces; inside, start the cluster and run the command."""
    words = sys.argv[1:]
    if words[:1] != [INSIDE]:
        if not words:
            raise NoCluster("name a command to run on the cluster")
        install()
        if not says(*NAMESPACES, "ip", "link"):
            raise NoCluster(
                "this machine allows no namespaces (CAP_SYS_ADMIN); a container needs --privileged for them"
            )
        os.execvp(NAMESPACES[0], [*NAMESPACES, sys.executable, __file__, INSIDE, *words])
    start()
    # A terminal's Ctrl-C reaches the command as well: it ends first, then this does, and everything else with it.
    return subprocess.run(words[1:], check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NoCluster as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
