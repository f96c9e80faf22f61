"""The example of ffi/README.md, as it stands there."""

import re
import shutil

import patient_wallet as pw
from wallets import EXAMPLES, FIRST_DAY, PATIENT, MemoryKeystore, StoryClock


def test_the_readme_runs(tmp_path, monkeypatch, capsys):
    [example] = re.findall(r"```python\n(.*?)```", (EXAMPLES.parent / "ffi" / "README.md").read_text(), re.DOTALL)
    example, changed = re.subn(r'Wallet\("[^"]+"', f'Wallet("{tmp_path / "wallet"}"', example)
    assert changed == 1 and len(example.splitlines()) < 30
    shutil.copy(PATIENT, tmp_path / "patient.json")
    monkeypatch.chdir(tmp_path)
    names = {name: getattr(pw, name) for name in pw.__all__}
    exec(example, names | {"keystore": MemoryKeystore(), "clock": StoryClock(FIRST_DAY)})
    assert "2000" in capsys.readouterr().out  # The year of the blood group.
