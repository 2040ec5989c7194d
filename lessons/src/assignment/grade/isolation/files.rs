//! The files that are left to a confined program, by Landlock.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use super::{Allowed, Role};

/// Everything that this version of Landlock knows is forbidden, as far as the kernel knows it too.
const KNOWN: ABI = ABI::V7;

/// Where shared libraries lie; they are the same on every machine of its kind, and may be read.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
];
/// What starts a program with shared libraries.
const LOADERS: &[&str] = &[
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-riscv64-lp64d.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];
/// What a linker is made of, and where. Folders of programs are not left as they are: there may be a grader in them.
const LINKERS: &[&str] = &[
    "cc", "gcc", "clang", "ld", "ld.bfd", "ld.gold", "ld.lld", "lld", "mold", "as",
];
const PROGRAMS: &[&str] = &["/bin", "/usr/bin", "/usr/local/bin"];
const TOOLS: &[&str] = &["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/libexec", "/nix/store"];

/// Leaves to this process, and to what it becomes, only these files, no TCP, no socket without a file, and no signal to
/// processes outside.
///
/// **Errors** if the kernel has no Landlock.
pub fn restrict(allowed: &Allowed, program: &Path, role: Role) -> Result<(), String> {
    let reason = |error: RulesetError| format!("Landlock: {error}");
    let (read, execute) = (AccessFs::ReadFile.into(), AccessFs::ReadFile | AccessFs::Execute);
    let (list_and_read, all) = (AccessFs::ReadDir | AccessFs::ReadFile, AccessFs::from_all(KNOWN));
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)
        .and_then(|rules| rules.handle_access(AccessNet::from_all(KNOWN)))
        .and_then(|rules| rules.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .map_err(reason)?;
    rules = leave(rules, LIBRARIES.iter().map(Path::new), read)?;
    rules = leave(rules, LOADERS.iter().map(Path::new), execute)?;
    rules = leave(
        rules,
        [Path::new("/dev/null")],
        AccessFs::ReadFile | AccessFs::WriteFile,
    )?;
    if role == Role::Compiler {
        let linkers = PROGRAMS
            .iter()
            .flat_map(|folder| LINKERS.iter().map(move |name| Path::new(folder).join(name)));
        rules = leave(rules, paths(&linkers.collect::<Vec<_>>()), execute)?;
        rules = leave(rules, TOOLS.iter().map(Path::new), execute | AccessFs::ReadDir)?;
    }
    rules = leave(rules, [program], execute)?;
    rules = leave(rules, paths(&allowed.executable), execute | AccessFs::ReadDir)?;
    rules = leave(rules, paths(&allowed.readable), list_and_read)?;
    rules = leave(rules, paths(&allowed.listable), AccessFs::ReadDir.into())?;
    rules = leave(rules, paths(&allowed.writable), all)?;
    let status = rules.restrict_self().map_err(reason)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock, or it is switched off".to_string()),
        _ => Ok(()),
    }
}

fn paths(paths: &[PathBuf]) -> impl Iterator<Item = &Path> {
    paths.iter().map(PathBuf::as_path)
}

/// Leaves what lies at these places; what is not there needs no rule.
fn leave<'p>(
    mut rules: RulesetCreated,
    places: impl IntoIterator<Item = &'p Path>,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, String> {
    for place in places {
        let Ok(open) = PathFd::new(place) else { continue };
        // Rights over folders mean nothing for a file.
        let access = match place.is_dir() {
            true => access,
            false => access & AccessFs::from_file(KNOWN),
        };
        if !access.is_empty() {
            rules = rules
                .add_rule(PathBeneath::new(open, access))
                .map_err(|error| format!("Landlock: {error}"))?;
        }
    }
    Ok(rules)
}
