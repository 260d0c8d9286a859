"""The system calls that a container with a fork server may make: what Python and its libraries need, and what makes
a namespace and furnishes it. Every session's own filter (`syscalls.py`) refuses the latter again.

It is shorter than an engine's own profile (no ptrace, io_uring, keys, other processes' memory), but it has
`unshare` and `mount`, which an engine's profile refuses to a container without privileges.
"""

from __future__ import annotations

import json

GROUPS = {
    "files": """access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
        fadvise64 fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
        fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr inotify_add_watch inotify_init
        inotify_init1 inotify_rm_watch ioctl lchown lgetxattr link linkat listxattr llistxattr lseek lstat mkdir mkdirat
        mknod mknodat newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead
        readlink readlinkat readv rename renameat renameat2 rmdir sendfile splice stat statfs statx symlink symlinkat
        sync sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice write writev""",
    "waiting": """epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 pause pipe
        pipe2 poll ppoll pselect6 select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime""",
    "sockets": """accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg
        sendmmsg sendmsg sendto setsockopt shutdown socketpair""",
    "memory": """brk madvise membarrier memfd_create mincore mlock mlock2 mlockall mmap mprotect mremap msync munlock
        munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages""",
    "shared": """mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd
        semctl semget semop semtimedop shmat shmctl shmdt shmget""",
    "processes": """arch_prctl capget capset clone execve execveat exit exit_group fork futex futex_waitv
        get_robust_list getcpu getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid
        getresuid getrlimit getrusage getsid gettid getuid ioprio_get kill pidfd_open pidfd_send_signal prctl
        prlimit64 restart_syscall rseq sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
        sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_yield seccomp
        set_robust_list set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid
        setresgid setresuid setreuid setrlimit setsid setuid tgkill times tkill vfork wait4 waitid""",
    "signals": """alarm rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
        rt_sigtimedwait rt_tgsigqueueinfo sigaltstack""",
    "time": """clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep time timer_create
        timer_delete timer_getoverrun timer_gettime timer_settime""",
    "system": "getrandom sysinfo uname",
    "landlock": "landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    "sandboxes": "mount unshare",
}
FAMILIES = (1, 2, 10)
NO_SUCH_CALL = 38


def profile() -> str:
    """As the engine takes it."""
    allowed = [name for group in GROUPS.values() for name in group.split()]
    sockets = [
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": family, "op": "SCMP_CMP_EQ"}]}
        for family in FAMILIES
    ]
    # clone3 hides its flags in memory: as if the kernel had none, so that libc falls back to clone.
    hidden = {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": NO_SUCH_CALL}
    return json.dumps(
        {
            "defaultAction": "SCMP_ACT_ERRNO",
            "archMap": [{"architecture": name} for name in ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")],
            "syscalls": [{"names": allowed, "action": "SCMP_ACT_ALLOW"}, *sockets, hidden],
        }
    )
