"""A PostgreSQL 15 cluster of its own for a test run.

It lives in a temporary folder, listens on a Unix socket in it, and is gone at the end.
"""

import os
import pwd
import shutil
import subprocess
import tempfile

BINARIES = os.environ.get("POSTGRES_BIN", "/usr/lib/postgresql/15/bin")


def unprivileged_user():
    """PostgreSQL refuses to run as root; the name of somebody else then, otherwise None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("running as root, and there is neither a user postgres nor nobody")


class Cluster:
    """Use as a context manager; `psql` runs a script and gives what it wrote to standard output."""

    def __init__(self):
        self.user = unprivileged_user()
        self.folder = tempfile.mkdtemp(prefix="weir-oracle-")
        if self.user:
            shutil.chown(self.folder, self.user)

    def run(self, *command, **options):
        return subprocess.run(command, user=self.user, cwd=self.folder, check=True, **options)

    def __enter__(self):
        data = os.path.join(self.folder, "data")
        quiet = {"stdout": subprocess.DEVNULL}
        self.run(f"{BINARIES}/initdb", "-D", data, "-U", "oracle", "-A", "trust", "-E", "UTF8",
                 "--locale=C.UTF-8", "--no-sync", **quiet)
        settings = (f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' "
                    "-c fsync=off -c timezone=UTC -c jit=off")
        self.run(f"{BINARIES}/pg_ctl", "-D", data, "-w", "-t", "120", "-l",
                 os.path.join(self.folder, "log"), "-o", settings, "start", **quiet)
        return self

    def __exit__(self, *_):
        data = os.path.join(self.folder, "data")
        subprocess.run([f"{BINARIES}/pg_ctl", "-D", data, "-m", "immediate", "stop"],
                       user=self.user, cwd=self.folder, stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, script, stop_at_error=True):
        """The output of the script; errors of single statements are passed over where asked."""
        result = subprocess.run(
            [f"{BINARIES}/psql", "-X", "-q", "-h", self.folder, "-U", "oracle", "-d", "postgres",
             "-v", f"ON_ERROR_STOP={int(stop_at_error)}", "-f", "-"],
            input=script, user=self.user, cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False)
        if stop_at_error and result.returncode != 0:
            raise RuntimeError(f"psql failed: {result.stderr}")
        return result.stdout
