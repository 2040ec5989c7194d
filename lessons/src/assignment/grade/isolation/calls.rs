//! The system calls that a confined program does without, by seccomp.
//!
//! A refused call fails as one that the kernel does not have, so a library that can do without it does.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use super::Role;

/// The network, and every socket.
const SOCKETS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
];

/// The memory and the descriptors of other processes.
const OTHERS: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_perf_event_open,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
];

/// What stays when a process has ended, so that the next one would find it.
const LASTING: &[i64] = &[
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
];

/// The system itself.
const SYSTEM: &[i64] = &[
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_personality,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_acct,
];

/// Threads and processes, and what leaves the process group that is ended with the program.
const PROCESSES: &[i64] = &[
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_execveat,
    libc::SYS_setsid,
    libc::SYS_setpgid,
];

/// Signals to others.
const SIGNALS: &[i64] = &[
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
];

/// Takes these calls from this process and from what it becomes.
///
/// **Errors** if the kernel has no seccomp, or this processor is not known to the filter.
pub fn restrict(role: Role) -> Result<(), String> {
    let reason = |error: &dyn std::fmt::Display| format!("seccomp: {error}");
    let rules = rules(role).map_err(|error| reason(&error))?;
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| reason(&error))?;
    let refuse = SeccompAction::Errno(libc::ENOSYS as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).map_err(|error| reason(&error))?;
    let filter: BpfProgram = filter
        .try_into()
        .map_err(|error: seccompiler::BackendError| reason(&error))?;
    seccompiler::apply_filter(&filter).map_err(|error| reason(&error))
}

/// A program may end itself: abort() is a signal to its own process, whose number does not change when it begins.
fn not_itself() -> Result<SeccompRule, seccompiler::BackendError> {
    let own = u64::from(std::process::id());
    let other = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, own)?;
    SeccompRule::new(vec![other])
}

/// Each call that is taken away, by its number; without a rule it is taken away whatever it is given.
fn rules(role: Role) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let alone = [PROCESSES, SIGNALS].concat();
    let own = match role {
        Role::Compiler => &[][..],
        Role::Submission | Role::Probe => &alone[..],
    };
    let refused = [SOCKETS, OTHERS, LASTING, SYSTEM, own].concat();
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = refused.into_iter().map(|call| (call, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    for call in rules.keys().copied().chain(X32_OWN).collect::<Vec<i64>>() {
        rules.insert(call | X32, Vec::new());
    }
    if role != Role::Compiler {
        rules.insert(libc::SYS_tgkill, vec![not_itself()?]);
    }
    Ok(rules)
}

/// A kernel built with the x32 interface takes each call by a second number, with this bit set.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// The calls that have numbers of their own there, `execve` and `sendmsg` among them: no program of 64 bits needs one.
#[cfg(target_arch = "x86_64")]
const X32_OWN: std::ops::RangeInclusive<i64> = 512..=547;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn no_call_that_is_taken_away_is_left_under_its_second_number() {
        for role in [Role::Compiler, Role::Submission, Role::Probe] {
            let rules = rules(role).unwrap();
            let is_free = |call: &i64| rules.get(call).is_none_or(|rule| !rule.is_empty());
            let refused = rules.iter().filter(|(call, rule)| **call < X32 && rule.is_empty());
            let mut seconds = refused.map(|(call, _)| call | X32).chain([520 | X32, 518 | X32]);
            assert_eq!(seconds.find(is_free), None);
        }
    }
}
