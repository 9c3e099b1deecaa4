from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_core.errors import ConfigError
from fraud_core.instances_file import Instance, read_instances, write_instances

INSTANCES = st.lists(
    st.builds(
        Instance,
        name=st.text(min_size=1),
        pid=st.integers(1, 2**22),
        ready=st.booleans(),
        limited_by=st.sampled_from(["cgroup2", "cgroup1", "systemd", "none"]),
    )
)


@given(first=INSTANCES, second=INSTANCES)
def test_what_was_written_last_is_read(first, second):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "instances.json"
        assert read_instances(path) is None
        write_instances(path, first)
        write_instances(path, second)

        assert read_instances(path) == second
        assert list(Path(folder).iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"instances": [{"name": "a"}]}'])
def test_another_file_is_refused_with_its_name(tmp_path, text):
    path = tmp_path / "instances.json"
    path.write_text(text)

    with pytest.raises(ConfigError, match=r"instances\.json is no file of instances"):
        read_instances(path)
