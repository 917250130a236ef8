"""What all tests share: lines for the reader, printed at the end, whichever process found them."""

import pytest


@pytest.fixture
def tell(record_property):
    """Prints a line below the results, for counts that a reader should see."""
    return lambda text: record_property("told", text)


def pytest_terminal_summary(terminalreporter) -> None:
    reports = terminalreporter.stats.get("passed", [])
    told = [text for report in reports for key, text in report.user_properties if key == "told"]
    if told:
        terminalreporter.section("counts")
    for text in told:
        terminalreporter.line(text)
