"""Files a worker process can import by the name the tests know them by."""

import os
import signal
import time

from lookalike.data.listing import Files


class Odd(Files):
    """Files that do something odd when picture 3 is opened."""

    def __init__(self, files, how):
        self.files, self.how = files, how

    def name(self, row):
        return self.files.name(row)

    def open(self, row):
        if row == 3 and self.how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if row == 3 and self.how == "slow":
            time.sleep(1)
        return self.files.open(row)

    def take(self, rows):
        raise NotImplementedError
