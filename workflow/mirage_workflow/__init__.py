"""What only the pipeline needs: checked config, tables with provenance, the set-up of jobs.

Whatever copy of the library is installed, it works with that of its own checkout.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))
