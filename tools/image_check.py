"""Runs the Dockerfile's own steps in debootstrap roots, then the image's commands as its user, without an engine.

What this does not show: the official python base image, a registry, layers, and a container runtime's own isolation.
"""

import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from tools.dockerfile import Stage, assignments, copied, read

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".cache" / "image"
RELEASE = "trixie"
"""Debian's release under the base image's name: it has the same Python."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NETWORK = (
    "PIP_",
    "SSL_",
    "REQUESTS_",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)
CONFIG = """\
shops:
  demo: {database: "sqlite:////var/lib/order-health/shop.db", tables: plain, probes: {negative_stock: {every: 1s}}}
state: sqlite:////var/lib/order-health/order-health.db
"""


def base() -> Path:
    """A Debian root with Python, kept between runs."""
    root = PLACE / f"base-{RELEASE}"
    if not (root / "usr/local/bin/python").is_symlink():
        shutil.rmtree(root, ignore_errors=True)
        packages = "--include=ca-certificates,python3,python3-venv"
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, RELEASE, root], check=True, stdout=subprocess.DEVNULL
        )
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    return root


class Image:
    """One stage being built in a root of its own."""

    def __init__(self, stage: Stage, others: dict[str, Path]) -> None:
        self.stage, self.others = stage, others
        self.root = PLACE / (stage.name or "final")
        self.env = {"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8"}
        self.folder, self.user = "/", "0:0"
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", base(), self.root], check=True)

    def build(self) -> None:
        """Every step in order, as written."""
        for step in self.stage.steps:
            print(f"  {step.line:3} {step.word} {textwrap.shorten(step.rest, 100)}", flush=True)
            match step.word:
                case "RUN":
                    self.run(step.rest)
                case "COPY":
                    self.copy(*copied(step.rest))
                case "ENV":
                    self.env.update(assignments(step.rest))
                case "WORKDIR":
                    self.folder = step.rest
                    (self.root / step.rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
                case "USER":
                    self.user = step.rest

    def run(self, script: str) -> None:
        """One RUN, with this machine's way to the package index lent to it for as long as it takes."""
        lent = {name: value for name, value in os.environ.items() if name.startswith(NETWORK)}
        borrowed = [Path(each) for each in ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")]
        kept = {path: self._swap(path, path.read_bytes()) for path in borrowed if path.exists()}
        words = " ".join(f"{name}={shlex.quote(value)}" for name, value in {**lent, **self.env}.items())
        inner = f"cd {self.folder} && env -i {words} sh -c {shlex.quote(script)}"
        proc = f"mount -t proc proc {self.root}/proc"
        try:
            subprocess.run(
                ["unshare", "--mount", "sh", "-ec", f"{proc}\nchroot {self.root} sh -c {shlex.quote(inner)}"],
                check=True,
            )
        finally:
            for path, before in kept.items():
                self._swap(path, before)

    def copy(self, stage: str | None, sources: list[str], target: str) -> None:
        """From the build context, as .dockerignore leaves it, or from another stage."""
        start = self.others[stage] if stage else ROOT
        into = self.root / (target if target.startswith("/") else f"{self.folder}/{target}").lstrip("/")
        for source in sources:
            found = start / source.lstrip("/")
            if found.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True, ignore=None if stage else ignored)
            else:
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, into / found.name if into.is_dir() else into)

    def _swap(self, path: Path, text: bytes | None) -> bytes | None:
        place = self.root / str(path).lstrip("/")
        before = place.read_bytes() if place.is_file() else None
        if text is None:
            place.unlink()
        else:
            place.write_bytes(text)
        return before


def inspect(image: Image) -> int:
    """The image's own commands, as its user, by tools/image_inspect.sh; its exit status."""
    stage, root = image.stage, image.root
    (root / "etc/order-health/config.yaml").write_text(CONFIG)
    shutil.copy2(ROOT / "exporter/presets/plain.sql", root / "tmp/plain.sql")
    given = {
        "ROOT": str(root),
        "RUNS_AS": image.user,
        "FOLDER": image.folder,
        "WORDS": " ".join(f"{name}={shlex.quote(value)}" for name, value in image.env.items()),
        "ENTRYPOINT": shlex.join(stage.argv("ENTRYPOINT")),
        "CMD": shlex.join(stage.argv("CMD")),
        "HEALTH": shlex.join(stage.argv("HEALTHCHECK")),
        "PYTHON": sys.executable,
    }
    script = ["unshare", "--mount", "--net", "--pid", "--fork", ROOT / "tools/image_inspect.sh"]
    return subprocess.run(script, check=False, env={**os.environ, **given}).returncode


def main() -> int:
    if os.geteuid() != 0:
        print("image-check makes Debian roots and needs root: sudo make image-check", file=sys.stderr)
        return 1
    built: dict[str, Path] = {}
    for stage in read(ROOT / "Dockerfile"):
        print(f"FROM {stage.base} {stage.name} (here: debootstrap {RELEASE})", flush=True)
        image = Image(stage, built)
        try:
            image.build()
        except subprocess.CalledProcessError as error:
            print(f"image-check: the step above failed with {error.returncode}", file=sys.stderr)
            return 1
        built[stage.name] = image.root
    return inspect(image)


if __name__ == "__main__":
    sys.exit(main())
