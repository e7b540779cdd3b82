// SPDX-License-Identifier: MIT
//! Confines the process that talks to the Internet ([`crate::courier`]): whoever takes it over has
//! connections to others, and files that anybody may read.

use super::places::own_program;
use super::{capabilities, landlock, seccomp};
use rustix::process::{
    DumpableBehavior, Gid, Resource, Rlimit, Uid, geteuid, set_dumpable_behavior, setrlimit,
};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

/// The user and the group of no name, "nobody" by tradition: no file should be theirs.
const NOBODY: u32 = 65_534;

/// What everybody may read: how names are looked up, by whom, who is trusted, and what the C library
/// loads for that. What is not there is left out.
const READ: [&str; 12] = [
    "/etc",
    "/lib",
    "/lib64",
    "/proc/self",
    "/run/NetworkManager",
    "/run/connman",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/share",
    "/usr/share",
];
/// Of `/etc`, for who is still root, to whom nearly everything in there belongs.
const OF_ETC: [&str; 10] = [
    "/etc/ca-certificates",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/resolv.conf",
    "/etc/ssl/certs",
];
/// Files that hold certificates of authorities instead of those of the system.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Gives up everything. For a process that has a single thread as yet.
///
/// # Errors
/// What could not be given up, and that there is no network, if there is none; the rest holds
/// nevertheless.
pub(crate) fn confine() -> Result<(), String> {
    let mut problems: Vec<String> = [no_core(), identity(), capabilities::no_new_privileges()]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    problems.extend(network().err());
    let files = landlock::restrict_to_reading(&readable());
    problems.extend(files.err().map(|error| format!("Landlock: {error}")));
    // Last, as it would forbid the steps before it.
    problems.extend(seccomp::courier().err());
    match problems.as_slice() {
        [] => Ok(()),
        problems => Err(problems.join("; ")),
    }
}

/// Passwords are in its memory.
fn no_core() -> Result<(), String> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(|error| format!("its memory may be kept: {error}"))
}

/// Nobody, with nothing. What bounds capabilities has to go while there still are some.
fn identity() -> Result<(), String> {
    let bounded = capabilities::bound(capabilities::COURIER);
    let renamed = become_nobody();
    let kept = capabilities::keep(capabilities::COURIER);
    // Nobody else's processes of that name look into this one.
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let hidden = hidden.map_err(|error| format!("others may look into it: {error}"));
    bounded.and(renamed).and(kept).and(hidden)
}

fn become_nobody() -> Result<(), String> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(group, group, group))
        .and_then(|()| set_thread_res_uid(user, user, user))
        .map_err(|error| format!("it is still root: {error}"))
}

/// A service manager may keep a whole service from the network.
fn network() -> Result<(), String> {
    let any = UdpSocket::bind("0.0.0.0:0");
    let any = any.or_else(|_| UdpSocket::bind("[::]:0"));
    any.map(drop).map_err(|error| {
        format!("it is kept from the network ({error}): enable aegis-courier.socket, or restart the daemon")
    })
}

fn readable() -> Vec<PathBuf> {
    let root = geteuid().is_root();
    let read = READ.into_iter().filter(|&path| !root || path != "/etc");
    let etc = OF_ETC.into_iter().filter(|_| root);
    let named = CERTIFICATES.into_iter().filter_map(std::env::var_os);
    let mut places: Vec<PathBuf> = read.chain(etc).map(PathBuf::from).collect();
    places.extend(named.filter(|name| !name.is_empty()).map(PathBuf::from));
    // Where the C library is, other parts of it are.
    places.extend(own_program());
    places.extend(resolvers());
    places
}

/// The folder of the file with the name servers, wherever a link leads.
fn resolvers() -> Option<PathBuf> {
    let aim = fs::canonicalize("/etc/resolv.conf").ok()?;
    let folder = aim.parent()?;
    (folder != Path::new("/") && folder != Path::new("/etc")).then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::net::{AddressFamily, SocketType, socket};
    use std::io;
    use std::net::{TcpListener, TcpStream, ToSocketAddrs};
    use std::process::Command;

    /// Set for this program when it is to confine itself.
    const CONFINED: &str = "AEGIS_TEST_CONFINED";
    const TEST: &str =
        "confine::courier::tests::a_confined_process_can_read_and_connect_and_nothing_else";

    #[test]
    fn a_confined_process_can_read_and_connect_and_nothing_else() {
        if std::env::var_os(CONFINED).is_some() {
            return confined();
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port left");
        let address = listener.local_addr().expect("it has one").to_string();
        let own = std::env::current_exe().expect("a process knows its program");
        let child = Command::new(own)
            .args(["--exact", TEST, "--test-threads=1", "--nocapture"])
            .env(CONFINED, address)
            .output()
            .expect("it can be started");
        let said = String::from_utf8_lossy(&child.stderr) + String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }

    fn confined() {
        let listens = std::env::var(CONFINED).expect("it is set");
        let temporary = std::env::temp_dir().join(format!("aegis-confined-{}", std::process::id()));
        let root = geteuid().is_root();
        let done = confine();
        assert!(done.is_ok() || !root, "{done:?}");
        // What it is for.
        TcpStream::connect(listens).expect("it may connect");
        let names = "localhost:80".to_socket_addrs();
        assert!(names.expect("names are found").next().is_some());
        fs::read("/etc/passwd").expect("it may be read");
        std::thread::spawn(|| ())
            .join()
            .expect("threads begin and end");
        // What it is not for.
        refused("a port", TcpListener::bind("127.0.0.1:0"));
        refused("a file", fs::write(temporary, "x"));
        refused("the shadow", fs::read("/etc/shadow"));
        refused("a home", fs::read_dir("/root"));
        refused("another process", fs::read("/proc/1/environ"));
        refused("a program", Command::new("/bin/true").status());
        refused("a name", fs::rename("/etc/passwd", "/etc/passwd-"));
        for (family, kind) in [
            (AddressFamily::INET, SocketType::RAW),
            (AddressFamily::INET6, SocketType::RAW),
            (AddressFamily::PACKET, SocketType::DGRAM),
            (AddressFamily::NETLINK, SocketType::RAW),
        ] {
            refused(
                "a socket",
                socket(family, kind, None).map_err(io::Error::from),
            );
        }
        if root {
            refused(
                "root",
                set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).map_err(io::Error::from),
            );
        }
        let sight = super::super::sight(None);
        assert!(sight.seccomp, "{sight:?}");
    }

    fn refused<T>(what: &str, done: io::Result<T>) {
        let kind = done.map(|_| ()).map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::PermissionDenied), "{what}");
    }
}
