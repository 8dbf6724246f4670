"""Writes wheels that contain the program, and a repository of hooks that installs them.

    python3 packaging/wheels.py VERSION FOLDER OS/ARCH=PROGRAM...

FOLDER/wheels gets a wheel for each program, FOLDER/hooks the files of the repository
regmigrate-pre-commit. With it, pre-commit installs a wheel and compiles nothing. The
same programs give the same bytes. Sources: the binary distribution format of
packaging.python.org, and the platform tags of PEP 425, 600 and 656.
"""

import base64
import hashlib
import pathlib
import sys
import zipfile

# A program without cgo runs on every version of these systems that Go supports.
PLATFORMS = {
    "linux/amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
    "windows/amd64": "win_amd64",
    "windows/arm64": "win_arm64",
}

METADATA = """Metadata-Version: 2.1
Name: regmigrate
Version: {version}
Summary: Move container image references from one registry to another
Home-page: https://github.com/regmigrate/regmigrate
License: Apache-2.0
Requires-Python: >=3.8
"""

PYPROJECT = """[project]
name = "regmigrate-pre-commit"
version = "{version}"
dependencies = ["regmigrate=={version}"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = []
"""

README = """Hooks for pre-commit that install the program regmigrate as a wheel:

    repos:
    - repo: https://github.com/regmigrate/regmigrate-pre-commit
      rev: v{version}
      hooks:
      - id: regmigrate-check

The hooks are described in https://github.com/regmigrate/regmigrate/blob/main/docs/ci.md.
Each release of regmigrate contains the files of this repository.
"""


def wheel(version, platform, program):
    """Returns the name and the content, a list of (path, bytes), of a wheel."""
    tags = [f"py3-none-{tag}" for tag in PLATFORMS[platform].split(".")]
    info = f"regmigrate-{version}.dist-info"
    script = "regmigrate.exe" if platform.startswith("windows/") else "regmigrate"
    files = [
        (f"regmigrate-{version}.data/scripts/{script}", program.read_bytes()),
        (f"{info}/METADATA", METADATA.format(version=version).encode()),
        (f"{info}/WHEEL", ("Wheel-Version: 1.0\nGenerator: regmigrate\nRoot-Is-Purelib: false\n" + "".join(f"Tag: {t}\n" for t in tags)).encode()),
    ]
    record = "".join(f"{path},sha256={digest(data)},{len(data)}\n" for path, data in files)
    files.append((f"{info}/RECORD", (record + f"{info}/RECORD,,\n").encode()))
    return f"regmigrate-{version}-py3-none-{PLATFORMS[platform]}.whl", files


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def write_wheel(folder, name, files):
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files:
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
            archive.writestr(entry, data)


def hooks(version, root):
    """Returns the files of the repository of hooks as a list of (name, text)."""
    source = (root / ".pre-commit-hooks.yaml").read_text()
    text = source.replace("language: golang", "language: python")
    if text == source:
        sys.exit("wheels.py: .pre-commit-hooks.yaml has no language: golang")
    return [
        (".pre-commit-hooks.yaml", text),
        ("pyproject.toml", PYPROJECT.format(version=version)),
        ("README.md", README.format(version=version)),
        ("LICENSE", (root / "LICENSE").read_text()),
    ]


def main(version, folder, programs):
    version = version.removeprefix("v")
    folder = pathlib.Path(folder)
    for name in ("wheels", "hooks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for item in programs:
        platform, _, program = item.partition("=")
        if platform not in PLATFORMS:
            sys.exit(f"wheels.py: unknown platform {platform}: expected one of {', '.join(PLATFORMS)}")
        write_wheel(folder / "wheels", *wheel(version, platform, pathlib.Path(program)))
    for name, text in hooks(version, pathlib.Path(__file__).parent.parent):
        (folder / "hooks" / name).write_text(text)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
