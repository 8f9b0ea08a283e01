"""What a project declares about its Keras."""

from __future__ import annotations

import pytest

from gradlint.project import Projects
from gradlint.run import Dialect

pytestmark = pytest.mark.static

TWO, THREE = Dialect.KERAS_2, Dialect.KERAS_3


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("tensorflow", None),
        ("tensorflow>=2.10", None),
        ("tensorflow>=2.16", None),
        ("tensorflow<2.16", TWO),
        ("tensorflow>=2.10,<2.16", TWO),
        ("tensorflow >= 2.10, < 2.16 ; python_version < '3.12'", TWO),
        ("tensorflow<=2.15.1", TWO),
        ("tensorflow<3", None),
        ("tensorflow==2.15.0", TWO),
        ("tensorflow==2.*", None),
        ("tensorflow~=2.15.0", TWO),
        ("tensorflow~=2.10", None),
        ("tensorflow-gpu==2.9.1", TWO),
        ("tensorflow[and-cuda]==2.15.1", TWO),
        ("tensorflow==2.17.0", THREE),
        ("tensorflow==2.17.0\ntf-keras==2.17.0", TWO),
        ("tensorflow>=2.18\ntf_keras", TWO),
        ("tensorflow>=2.18\ntf-keras\nkeras", None),
        ("keras>=3", THREE),
        ("keras>=3.0,<4", THREE),
        ("keras~=3.1", THREE),
        ("keras<3", TWO),
        ("keras==2.15.0  # pinned", TWO),
        ("keras", None),
        ("tensorflow<2.16\nkeras>=3", None),
        ("# tensorflow<2.16", None),
        ("tensorflow-probability<0.24", None),
    ],
)
def test_requirements(tree, requirements, expected):
    folder = tree({"requirements-dev.txt": f"numpy\n{requirements}\n", ".git/HEAD": ""})
    assert Projects(str(folder)).declared_dialect(str(folder / "a" / "b.py")) is expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.py", "setup(install_requires=['numpy', 'tensorflow>=2.9,<2.12'])\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n    numpy\n    tensorflow<2.12\n"),
        ("pyproject.toml", '[project.optional-dependencies]\ntf = ["tensorflow<2.12"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.10"\ntensorflow = "~2.12.0"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nkeras = { version = "^2.9", optional = true }\n'),
    ],
)
def test_each_kind_of_file(tree, name, content):
    folder = tree({name: content})
    assert Projects(str(folder)).declared_dialect(str(folder / "b.py")) is TWO


def test_the_nearest_that_names_keras_or_tensorflow_decides(tree):
    folder = tree(
        {
            "pyproject.toml": '[project]\ndependencies = ["tensorflow<2.16"]\n',
            "docs/requirements.txt": "sphinx\n",
            "new/requirements.txt": "keras>=3\n",
            "other/.git/HEAD": "",
        }
    )
    projects = Projects(str(folder))
    said = [projects.declared_dialect(str(folder / name / "a.py")) for name in (".", "docs", "new", "new/sub", "other")]
    assert said == [TWO, TWO, THREE, THREE, None]
