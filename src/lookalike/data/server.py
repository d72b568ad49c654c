"""What the fork server imports first, and nobody else: it outlives a SIGTERM to all processes.

Schedulers send one to each process of a job. Without the server its workers would end, too, and the
run could not finish the batch it is in. What the server forks for others ends as usual.
"""

import os
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.register_at_fork(
    after_in_child=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
)
