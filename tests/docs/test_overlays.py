"""What the page on overlays shows does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import optimizer

ROOT = Path(__file__).resolve().parents[2]


def test_example_of_the_page(tmp_path: Path) -> None:
    """The example on the page loads, and each of its parts has taken hold."""
    page = (ROOT / "docs" / "overlays.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.S)
    assert example is not None
    text = example.group(1).replace("extends: ../starter", f"extends: {ROOT / 'instances' / 'starter'}")
    (tmp_path / "overlay.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "options_dearer.csv").write_text("facility,id,capex\nlcm_lacq,build,150e6\n", encoding="utf-8")
    before, after = optimizer.load(ROOT / "instances" / "starter"), optimizer.load(tmp_path / "overlay.yaml")
    assert (after.name, after.discount_rate) == ("dearer_capital", 0.09)
    assert after.facilities["lcm_lacq"].options[0].capex == 150e6
    assert [option.id for option in after.facilities["noveon"].options] == ["new_lines", "third_line"]
    assert after.facilities["white_mesa"].options == ()
    assert after.recipes["reduce"].cost == 14000
    assert {s.id for s in before.scenarios} - {s.id for s in after.scenarios} == {"conflict"}
    assert "starts" in {rule.rule for rule in before.policy.rules}
    assert "starts" not in {rule.rule for rule in after.policy.rules}
