"""What confines student code, one file per means; run by path on the untrusted side.

    probe        which tier this machine really gives
    layers       the tiers, and when each of their layers is put on
    process      sessions and limits         tree       the end of processes
    grants       which files may be read     root       a file system with nothing else in it
    landlock     rules on files              seccomp    rules on system calls
    identity     who student code runs as    kernel     what all of it asks of Linux

It knows processes, files and limits, and nothing of courses, checks or frames.
"""
