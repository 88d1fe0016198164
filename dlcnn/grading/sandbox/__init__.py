"""What confines student code, one file per means; run by path on the untrusted side.

`process` is the floor that every POSIX system has. It knows processes and limits, nothing of
courses, checks or frames.
"""
