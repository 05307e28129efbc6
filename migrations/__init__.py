"""What cannot be rebuilt from events, as plain SQL files run in the order of their numbers."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
