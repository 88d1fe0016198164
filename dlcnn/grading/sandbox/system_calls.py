"""Untrusted side: the system calls that isolation is about, by name and by number.

One table, to be read by whoever wants to know what student code cannot ask of the kernel: a section
per reason, a line per call with its number on x86-64 and on aarch64 ("-" where there is none).
`seccomp` makes filters of the sections. Numbers are the kernel's for good; nothing here runs any.
"""

import sys

__all__ = ["NEWEST", "SECTIONS", "numbers"]

NEWEST = 462  # numbers above it did not exist when this table was read through

_TABLE = """
[to start a process]
fork                    57    -
vfork                   58    -

[to start a program]
execve                  59  221
execveat               322  281
uselib                 134    -
personality            135   92

[to look into another process]
ptrace                 101  117
process_vm_readv       310  270
process_vm_writev      311  271
process_madvise        440  440
process_mrelease       448  448
kcmp                   312  272
pidfd_open             434  434
pidfd_getfd            438  438
perf_event_open        298  241
migrate_pages          256  238
move_pages             279  239

[to signal or slow down another process]
tkill                  200  130
rt_sigqueueinfo        129  138
rt_tgsigqueueinfo      297  240
pidfd_send_signal      424  424
setpriority            141  140
ioprio_set             251   30
sched_setparam         142  118
sched_setscheduler     144  119
sched_setattr          314  274
sched_setaffinity      203  122

[to talk to the network or to other programs]
socket                  41  198
socketpair              53  199
bind                    49  200
listen                  50  201
accept                  43  202
accept4                288  242
connect                 42  203
sendmsg                 46  211
sendmmsg               307  269
recvmmsg               299  243
shmget                  29  194
shmat                   30  196
shmctl                  31  195
semget                  64  190
semop                   65  193
semctl                  66  191
semtimedop             220  192
msgget                  68  186
msgsnd                  69  189
msgrcv                  70  188
msgctl                  71  187
mq_open                240  180
mq_unlink              241  181
mq_timedsend           242  182
mq_timedreceive        243  183
mq_notify              244  184
mq_getsetattr          245  185

[to change what files are there and whose]
mount                  165   40
umount2                166   39
pivot_root             155   41
chroot                 161   51
open_tree              428  428
move_mount             429  429
fsopen                 430  430
fsconfig               431  431
fsmount                432  432
fspick                 433  433
mount_setattr          442  442
statmount              457  457
listmount              458  458
unshare                272   97
setns                  308  268
name_to_handle_at      303  264
open_by_handle_at      304  265
mknod                  133    -
mknodat                259   33
link                    86    -
linkat                 265   37
symlink                 88    -
symlinkat              266   36
truncate                76   45
chmod                   90    -
fchmod                  91   52
fchmodat               268   53
fchmodat2              452  452
chown                   92    -
fchown                  93   55
lchown                  94    -
fchownat               260   54
setxattr               188    5
lsetxattr              189    6
fsetxattr              190    7
removexattr            197   14
lremovexattr           198   15
fremovexattr           199   16
utime                  132    -
utimes                 235    -
futimesat              261    -
utimensat              280   88
inotify_init           253    -
inotify_init1          294   26
inotify_add_watch      254   27
fanotify_init          300  262
fanotify_mark          301  263
quotactl               179   60
quotactl_fd            443  443

[to become somebody else]
setuid                 105  146
setgid                 106  144
setreuid               113  145
setregid               114  143
setresuid              117  147
setresgid              119  149
setgroups              116  159
setfsuid               122  151
setfsgid               123  152
capset                 126   91
lsm_set_self_attr      460  460

[to hold memory that no limit counts]
memfd_create           319  279
memfd_secret           447  447
userfaultfd            323  282
splice                 275   76
tee                    276   77
vmsplice               278   75

[large parts of the kernel that a calculation has no use for]
io_uring_setup         425  425
io_uring_enter         426  426
io_uring_register      427  427
io_setup               206    0
io_submit              209    2
bpf                    321  280
keyctl                 250  219
add_key                248  217
request_key            249  218

[the machine as a whole]
acct                   163   89
adjtimex               159  171
clock_adjtime          305  266
clock_settime          227  112
settimeofday           164  170
init_module            175  105
finit_module           313  273
delete_module          176  106
kexec_load             246  104
kexec_file_load        320  294
reboot                 169  142
swapon                 167  224
swapoff                168  225
syslog                 103  116
sethostname            170  161
setdomainname          171  162
vhangup                153   58
sync                   162   81
syncfs                 306  267
ioperm                 173    -
iopl                   172    -
modify_ldt             154    -

[allowed with some arguments]
clone                   56  220
clone3                 435  435
kill                    62  129
tgkill                 234  131
prlimit64              302  261
fcntl                   72   25
ioctl                   16   29

[allowed, and named because isolation is set up with them]
landlock_create_ruleset 444  444
landlock_add_rule      445  445
landlock_restrict_self 446  446
"""

_COLUMNS = {"x86_64": 1, "aarch64": 2}


def _sections() -> dict[str, dict[str, list[str]]]:
    sections: dict[str, dict[str, list[str]]] = {}
    for line in _TABLE.strip().splitlines():
        if line.startswith("["):
            rows = sections[line.strip("[]")] = {}
        elif line:
            columns = line.split()
            rows[columns[0]] = columns
    return sections


_ROWS = _sections()

SECTIONS = {title: tuple(rows) for title, rows in _ROWS.items()}
"""The names of the calls, by what they are for."""


def numbers(machine: str) -> dict[str, int]:
    """Number by name on a machine as `uname` calls it; empty where the table has no column."""
    column = _COLUMNS.get(machine)
    if column is None or sys.maxsize < 1 << 32:  # 32-bit programs have numbers of their own
        return {}
    rows = {name: columns for each in _ROWS.values() for name, columns in each.items()}
    return {name: int(row[column]) for name, row in rows.items() if row[column] != "-"}
