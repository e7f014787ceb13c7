"""What must be quick, measured: `python -m bench`.

Each measure is a ratio to something done on the same machine in the same run, with a target.
"""
