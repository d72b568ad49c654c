import json

from lookalike.data.ledger import Ledger, counted


def test_what_is_found_is_used_or_skipped_or_excluded():
    ledger = Ledger(found=10)
    ledger.skip("a.jpg", "empty file")
    ledger.exclude("hidden", 2)
    ledger.exclude(".txt files")
    assert ledger.used == 6
    assert ledger.as_dict() == {
        "found": 10,
        "used": 6,
        "skipped": {"a.jpg": "empty file"},
        "reasons": {"empty file": 1},
        "remarks": {},
        "excluded": {"hidden": 2, ".txt files": 1},
    }


def test_a_picture_skipped_again_counts_once_and_keeps_its_first_reason():
    ledger = Ledger(found=2)
    ledger.skip("a.jpg", "truncated")
    ledger.skip("a.jpg", "gone")
    assert (ledger.used, ledger.skipped) == (1, {"a.jpg": "truncated"})


def test_excluding_nothing_leaves_no_entry():
    ledger = Ledger(found=2)
    ledger.exclude("beyond limit=5", 0)
    assert ledger.summary() == "2 pictures used"


def test_the_summary_is_one_line_that_names_the_first_skipped():
    ledger = Ledger(found=1010)
    for name in ("a.jpg", "b\n.jpg", "c.jpg", "d.jpg", "e.jpg"):
        ledger.skip(name, "empty file")
    ledger.exclude("hidden", 4)
    summary = ledger.summary()
    assert summary.startswith("1,001 pictures used; 5 skipped: 'a.jpg' (empty file), ")
    assert summary.endswith("'c.jpg' (empty file), 2 more; 4 left out: 4 hidden")
    assert "\n" not in summary


def test_everything_fits_into_json():
    ledger = Ledger(found=1)
    ledger.skip("\\xff.jpg", "empty file")
    assert json.loads(json.dumps(ledger.as_dict())) == ledger.as_dict()


def test_one_picture_is_no_pictures():
    assert (counted(1, "picture"), counted(0, "picture")) == ("1 picture", "0 pictures")
    assert counted(1234567, "picture") == "1,234,567 pictures"
