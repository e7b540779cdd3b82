// SPDX-License-Identifier: MIT
//! WireGuard tunnels: the kernel's where it has one, else `wireguard-go`, whose device is a tun device.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Addresses, Link, LinkOptions, MacAddr, Port};
use crate::cleanup::{self, Deferred};
use crate::error::{Doing, Error, Result};
use crate::host::{Host, RUN_LIMIT};
use crate::lab::Lab;
use crate::process::{self, find_tool};

/// UDP port of both ends.
const PORT: &str = "51820";
/// How long `wireguard-go` may take to answer `wg`.
const START: Duration = Duration::from_secs(5);

/// Makes the tunnel; see [`Lab::wireguard`].
pub(crate) fn up(lab: &Lab, link: &Link, name: &str) -> Result<Link> {
    let net = lab.next_net();
    let end =
        |under: &Port, station| End::create(lab, under, name, Addresses::numbered(net, station));
    let (a, b) = (end(&link.a, 1)?, end(&link.b, 2)?);
    a.greet(&b, &link.b)?;
    b.greet(&a, &link.a)?;
    Ok(Link {
        a: a.raise(name)?,
        b: b.raise(name)?,
    })
}

/// True when a tunnel can be made here one way or the other.
pub(crate) fn is_possible() -> bool {
    find_tool("wg").is_ok() && (Lab::supports("wireguard") || find_tool("wireguard-go").is_ok())
}

/// One end of a tunnel in the making.
struct End {
    port: Port,
    public: String,
}

impl End {
    fn create(lab: &Lab, under: &Port, name: &str, addresses: Addresses) -> Result<Self> {
        let host = under.host();
        let device = if Lab::supports("wireguard") {
            host.ip(&["link", "add", name, "type", "wireguard"])?;
            name.to_owned()
        } else {
            start_userspace(lab, host)?
        };
        let private = wg(host, &["genkey"])?;
        let key = KeyFile::new(&private)?;
        let public = key.public()?;
        wg(
            host,
            &[
                "set",
                &device,
                "listen-port",
                PORT,
                "private-key",
                &key.path(),
            ],
        )?;
        let mac = MacAddr::new([0; 6]);
        Ok(Self {
            port: Port {
                host: host.clone(),
                name: device,
                mac,
                addresses,
            },
            public,
        })
    }

    /// Tells this end the key and the outer address of the other.
    fn greet(&self, other: &Self, under: &Port) -> Result<()> {
        let endpoint = format!("{}:{PORT}", under.v4());
        let allowed = format!("{}/32,{}/128", other.port.v4(), other.port.v6());
        let peer = [
            "peer",
            &other.public,
            "endpoint",
            &endpoint,
            "allowed-ips",
            &allowed,
        ];
        wg(
            self.port.host(),
            &[&["set", self.port.name()][..], &peer].concat(),
        )
        .map(drop)
    }

    /// Gives the device its final name, its addresses, and sets it up.
    fn raise(mut self, name: &str) -> Result<Port> {
        if self.port.name() != name {
            self.port
                .host
                .ip(&["link", "set", "dev", self.port.name(), "name", name])?;
            name.clone_into(&mut self.port.name);
        }
        self.port.raise(&LinkOptions {
            quiet: true,
            ..LinkOptions::default()
        })?;
        Ok(self.port)
    }
}

/// Starts `wireguard-go`; its control socket has the name of the device, so that name must be unique.
fn start_userspace(lab: &Lab, host: &Host) -> Result<String> {
    if !is_possible() {
        return Err(Error::Unsupported {
            what: "a WireGuard tunnel".to_owned(),
        });
    }
    // 15 letters at most: process and serial number, in hexadecimal.
    let stem = cleanup::unique_stem();
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    let mut parts = stem.split('-').skip(1);
    let device = format!("wg{:x}x{:x}", number(parts.next()), number(parts.next()));
    let process = host.spawn("wireguard-go", &["--foreground", &device])?;
    let began = Instant::now();
    while let Err(error) = wg(host, &["show", &device]) {
        if began.elapsed() > START || !process.is_running() {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    lab.keep(process);
    Ok(device)
}

fn wg(host: &Host, args: &[&str]) -> Result<String> {
    Ok(host.run("wg", args)?.success()?.stdout.trim().to_owned())
}

/// A private key in a file only root can read, for as long as `wg` needs it.
struct KeyFile {
    path: PathBuf,
    _cleanup: Deferred,
}

impl KeyFile {
    fn new(private: &str) -> Result<Self> {
        let path = cleanup::run_root().join(cleanup::unique_name("key"));
        let doomed = path.clone();
        // Removed already: nothing left to do.
        let cleanup = cleanup::defer(move || drop(fs::remove_file(&doomed)));
        fs::write(&path, private).doing(|| format!("write {}", path.display()))?;
        let only_root = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, only_root).doing(|| format!("protect {}", path.display()))?;
        Ok(Self {
            path,
            _cleanup: cleanup,
        })
    }

    fn path(&self) -> String {
        self.path.display().to_string()
    }

    fn public(&self) -> Result<String> {
        let mut command = Command::new(find_tool("sh")?);
        command.args(["-c", "wg pubkey < \"$0\"", &self.path()]);
        Ok(process::run(command, RUN_LIMIT)?
            .success()?
            .stdout
            .trim()
            .to_owned())
    }
}
