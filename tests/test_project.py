"""What belongs to a project, and what it declares about its Keras."""

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
        ("tensorflow<2.16.0rc0", TWO),
        ("tensorflow==2.15.0 \\\n    --hash=sha256:2170", TWO),
        ("tensorflow==2.15.*", TWO),
        ("tensorflow-cpu<2.16; sys_platform=='linux'\ntensorflow-macos<2.16; sys_platform=='darwin'", TWO),
        ("tensorflow<2.16; python_version<'3.12'\ntensorflow>=2.16; python_version>='3.12'", None),
        ("tensorflow\ntensorflow<2.16", TWO),
        ("tensorflow==2.17.0\nkeras==3.4.1\ntf-keras==2.17.0", None),
        ("tensorflow==2.17.0\nkeras==3.4.1", THREE),
        ("tensorflow==2.17.0\ntensorflow-probability[tf]", None),
        ("tensorflow @ https://example.org/tensorflow-2.15.0.whl", None),
        ("-e .\nhttps://example.org/x.whl\n./tensorflow<2.16", None),
        ("tensorflow-probability<0.24", None),
    ],
)
def test_requirements(tree, requirements, expected):
    folder = tree({"requirements-dev.txt": f"numpy\n{requirements}\n", ".git/HEAD": ""})
    assert Projects(str(folder)).declared_dialect(str(folder / "a" / "b.py")) is expected


LOCK = '[[package]]\nname = "{}"\nversion = "{}"\nsource = {{ registry = "x" }}\n\n'


def lock(*packages: str) -> str:
    return "version = 1\n\n" + "".join(LOCK.format(*package.split("==")) for package in packages)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": "setup(install_requires=['numpy', 'tensorflow>=2.9,<2.12'])\n"}, TWO),
        ({"setup.py": "R = ['keras>=3']\nimport setuptools\nsetuptools.setup(install_requires=['a'] + R)\n"}, THREE),
        ({"setup.py": "setup(extras_require={'tf': ['tensorflow<2.12'], 'x': ['numpy']})\n"}, TWO),
        ({"setup.py": "V = '2.15'\nsetup(install_requires=[f'tensorflow=={V}'])\n"}, None),
        ({"setup.py": "# tensorflow<2.12\nsetup(description='keras<3', keywords=['keras<3'])\n"}, None),
        ({"setup.py": "setup(install_requires=['tensorflow<2.12'\n"}, None),
        ({"setup.cfg": "[options]\ninstall_requires =\n    numpy\n    tensorflow<2.12\n"}, TWO),
        ({"setup.cfg": "[options.extras_require]\ntf =\n    keras>=3\n"}, THREE),
        ({"pyproject.toml": '[project.optional-dependencies]\ntf = ["tensorflow<2.12"]\n'}, TWO),
        ({"pyproject.toml": '[dependency-groups]\ntest = ["tensorflow<2.12", {include-group = "x"}]\n'}, TWO),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"\ntensorflow = "~2.12.0"\n'}, TWO),
        ({"pyproject.toml": '[tool.poetry.dependencies]\nkeras = { version = "^2.9", optional = true }\n'}, TWO),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ntensorflow = "^2.9 || ^2.16"\n'}, None),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ntensorflow = "2.12.0"\n'}, TWO),
        ({"pyproject.toml": '[tool.poetry.group.dev.dependencies]\nkeras = "^3.1"\n'}, THREE),
        ({"pyproject.toml": '[tool.pdm.dev-dependencies]\ntest = ["keras>=3"]\n'}, THREE),
        ({"pyproject.toml": '[tool.hatch.envs.default]\ndependencies = ["keras>=3"]\n'}, THREE),
        (
            {
                "pyproject.toml": '[tool.setuptools.dynamic]\ndependencies = { file = ["needs.txt"] }\n# tensorflow\n',
                "needs.txt": "keras>=3\n",
            },
            THREE,
        ),
        # what the project needs goes before its options, and options have to agree
        ({"pyproject.toml": '[project]\ndependencies = ["keras"]\noptional-dependencies.x = ["keras>=3"]\n'}, None),
        ({"pyproject.toml": '[project.optional-dependencies]\na = ["tensorflow<2.16"]\nb = ["tensorflow"]\n'}, None),
        ({"pyproject.toml": '[project.optional-dependencies]\na = ["tensorflow<2.16"]\nb = ["keras>=3"]\n'}, None),
        ({"requirements.txt": "tensorflow\n", "requirements-old.txt": "tensorflow<2.16\n"}, None),
        ({"requirements.txt": "tensorflow<2.16\n", "setup.cfg": "[options]\ninstall_requires = keras>=3\n"}, None),
        ({"pyproject.toml": '[project]\ndependencies = ["tensorflow<2.16"\n'}, None),
        ({"pyproject.toml": '[project]\ndependencies = "tensorflow<2.16"\n[tool]\npoetry = 3\n'}, None),
        # files that include others
        (
            {
                "requirements.txt": "-r base.in\n",
                "base.in": "-c x/pins.txt\ntensorflow\n",
                "x/pins.txt": "tensorflow<2.16",
            },
            TWO,
        ),
        ({"requirements.txt": "-r requirements.txt\n-r missing.txt\nkeras>=3\n"}, THREE),
        ({"requirements/base.txt": "tensorflow<2.16\n", "requirements/dev.txt": "-r base.txt\n"}, TWO),
        # other tools
        ({"Pipfile": '[packages]\ntensorflow = "==2.15.*"\n[dev-packages]\nkeras = ">=3"\n'}, TWO),
        (
            {"Pipfile.lock": '{"default": {"tensorflow": {"version": "==2.15.1"}, "keras": {"version": "==2.15.0"}}}'},
            TWO,
        ),
        ({"environment.yml": "name: tensorflow<2\ndependencies:\n  - python=3.10\n  - tensorflow=2.15\n"}, TWO),
        ({"environment.yml": "dependencies:\n- conda-forge::tensorflow=2.15.0=cuda112py39\n"}, TWO),
        ({"environment-dev.yaml": "dependencies:\n  - pip\n  - pip:\n    - keras>=3  # new\n"}, THREE),
        ({"environment.yml": "dependencies:\n- tensorflow\nvariables:\n  TF_USE_LEGACY_KERAS: '1'\n"}, TWO),
        # locks
        ({"uv.lock": lock("keras==3.4.1", "tensorflow==2.17.0")}, THREE),
        ({"poetry.lock": lock("keras==2.15.0", "tensorflow==2.15.1")}, TWO),
        ({"pdm.lock": lock("tensorflow==2.15.1", "tensorflow==2.17.0")}, None),
        ({"uv.lock": lock("keras==3.4.1", "tensorflow==2.17.0", "tf-keras==2.17.0")}, None),
        ({"uv.lock": lock("keras==3.4.1", "tensorflow==2.15.1")}, None),
        ({"uv.lock": lock("keras==3.4.1", "jax==0.4")}, None),
        ({"conda-lock.yml": "package:\n- name: tensorflow\n  version: 2.15.0\n  manager: conda\n"}, TWO),
        ({"pylock.toml": '[[packages]]\nname = "tensorflow"\nversion = "2.15.0"\n'}, TWO),
        ({"requirements.txt": "tensorflow>=2.10\n", "uv.lock": lock("tensorflow==2.15.1")}, TWO),
        ({"requirements.txt": "tensorflow\ntf-keras\n", "uv.lock": lock("tensorflow==2.17.0", "keras==3.4.1")}, TWO),
        # the environment, as far as the project's own files set it
        ({".env": "TF_USE_LEGACY_KERAS=1\n"}, TWO),
        ({".env": "# TF_USE_LEGACY_KERAS=1\n"}, None),
        ({".env": "TF_USE_LEGACY_KERAS=1\n", "requirements.txt": "tensorflow==2.17.0\ntf-keras\nkeras>=3\n"}, TWO),
        ({".env": "TF_USE_LEGACY_KERAS=1\n", "requirements.txt": "keras>=3\n"}, None),
        ({".env": "TF_USE_LEGACY_KERAS=1\n", "tox.ini": "[testenv]\nsetenv =\n  TF_USE_LEGACY_KERAS = 0\n"}, None),
        ({"tox.ini": "[testenv]\nsetenv =\n    A = 1\n    TF_USE_LEGACY_KERAS = 1\n"}, TWO),
        ({"tox.ini": "[testenv:old]\nsetenv =\n    TF_USE_LEGACY_KERAS = 1\n"}, None),
        ({"pytest.ini": "[pytest]\nenv =\n    D:TF_USE_LEGACY_KERAS=1\n"}, TWO),
        ({"setup.cfg": "[tool:pytest]\nenv = TF_USE_LEGACY_KERAS=true\n"}, TWO),
        ({"pyproject.toml": '[tool.pytest.ini_options]\nenv = ["TF_USE_LEGACY_KERAS=1"]\n'}, TWO),
        ({"pyproject.toml": "[tool.pytest_env]\nTF_USE_LEGACY_KERAS = 1\n"}, TWO),
        ({"Dockerfile": "FROM x\nENV A=1 TF_USE_LEGACY_KERAS=1\n"}, TWO),
        ({"Dockerfile": "FROM x\nENV TF_USE_LEGACY_KERAS 1\n"}, TWO),
        ({"package/__init__.py": "import os\nos.environ.setdefault('TF_USE_LEGACY_KERAS', '1')\n"}, TWO),
        ({"conftest.py": "import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\n"}, TWO),
        ({"package/__init__.py": "import os\nif old:\n    os.environ['TF_USE_LEGACY_KERAS'] = '1'\n"}, None),
    ],
    ids=str,
)
def test_each_kind_of_file(tree, files, expected):
    folder = tree({**files, ".git/HEAD": ""})
    assert Projects(str(folder)).declared_dialect(str(folder / "package" / "b.py")) is expected


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


def test_a_lock_further_up_settles_what_a_member_of_a_workspace_leaves_open(tree):
    folder = tree(
        {
            ".git/HEAD": "",
            "uv.lock": lock("tensorflow==2.15.1"),
            "pyproject.toml": '[project]\ndependencies = ["keras>=3"]\n',
            "packages/a/pyproject.toml": '[project]\ndependencies = ["tensorflow>=2.10"]\n',
            "packages/b/pyproject.toml": '[project]\ndependencies = ["keras>=3"]\n',
        }
    )
    projects = Projects(str(folder))
    said = [projects.declared_dialect(str(folder / "packages" / name / "m.py")) for name in "ab"]
    assert said == [TWO, THREE]


def test_what_lies_beside_a_project_is_not_read(run, tree):
    layer = (
        "import keras\nimport tensorflow as tf\n\n\nclass Scale(keras.layers.Layer):\n    def build(self, shape):\n"
        "        self.factor = tf.Variable(1.0)\n\n    def call(self, x):\n        return x * self.factor\n"
    )
    trains = "from package.model import Scale\n\nwith tf.GradientTape() as tape:\n    loss = Scale().factor\n"
    files = {"package/pyproject.toml": "", "package/__init__.py": "", "package/model.py": layer}
    folder = tree({**files, "package/train.py": trains})
    assert "GRD302" not in run("--keras", "3", "package").stdout
    (folder / "package" / "train.py").rename(folder / "train.py")
    assert "GRD302" in run("--keras", "3", "package").stdout
