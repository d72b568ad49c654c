from lookalike.data.threads import for_each


def test_threads_keep_the_order():
    assert for_each(lambda row: 3 * row, 1000) == [3 * row for row in range(1000)]
    assert for_each(lambda row: row, 0) == []
