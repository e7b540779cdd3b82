// SPDX-License-Identifier: MIT
//! One interface: rtnetlink, the families `netdev` and `ethtool`, and the programs on it.

use super::Device;
use super::generic::{Attributes, Family, Question, attributes, each};
use crate::EngineError;
use crate::attach::program_name;
use crate::interface::Interface;
use aya::programs::{SchedClassifier, TcAttachType};
use std::io;

/// Reads what there is to know of an interface.
///
/// # Errors
/// [`EngineError::NoInterface`] and [`EngineError::Netlink`].
pub async fn read(name: &str) -> Result<Device, EngineError> {
    let interface = Interface::find(name).await?;
    let index = interface.index;
    let xdp_program = interface.xdp.program();
    let tcx = SchedClassifier::query_tcx(name, TcAttachType::Egress);
    let tcx = tcx.map(|(_, programs)| programs).unwrap_or_default();
    let program_name = |program: &aya::programs::ProgramInfo| {
        program.name_as_str().unwrap_or("unnamed").to_owned()
    };
    Ok(Device {
        driver: driver(name).or_else(|| interface.kind.clone()),
        arphrd: interface.arphrd,
        known_link: interface.link().is_ok(),
        mtu: interface.mtu,
        xdp_features: unknown_is_none("XDP features", xdp_features(index)),
        xdp_program: xdp_program.map(|id| (id, self::program_name(id).ok())),
        tcx_programs: tcx.iter().map(program_name).collect(),
        offloads: unknown_is_none("offloads", offloads(index)),
        queues: unknown_is_none("queues", queues(index)),
        name: interface.name,
    })
}

fn unknown_is_none<T>(what: &str, answer: io::Result<T>) -> Option<T> {
    answer
        .inspect_err(|error| tracing::debug!(what, %error, "the kernel does not say"))
        .ok()
}

/// The driver's name, where sysfs is of this network namespace.
fn driver(name: &str) -> Option<String> {
    let link = std::fs::read_link(format!("/sys/class/net/{name}/device/driver")).ok()?;
    Some(link.file_name()?.to_string_lossy().into_owned())
}

/// `NETDEV_CMD_DEV_GET` (Linux 6.3).
fn xdp_features(index: u32) -> io::Result<u64> {
    const DEVICE_GET: u8 = 1;
    const INDEX: u16 = 1;
    const FEATURES: u16 = 3;
    let question = Question::new(DEVICE_GET).with(INDEX, &index.to_ne_bytes());
    let answer = Family::find("netdev")?.ask(&question)?;
    let features = answer
        .get(&FEATURES)
        .and_then(|value| value.as_slice().try_into().ok());
    features
        .map(u64::from_ne_bytes)
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// `include/uapi/linux/ethtool_netlink.h`: each question has a header with the interface, which is
/// attribute 1, and in it the index, which is attribute 1 too.
fn ethtool(command: u8, index: u32) -> io::Result<Attributes> {
    let question = Question::new(command).around(1, (1, &index.to_ne_bytes()));
    Family::find("ethtool")?.ask(&question)
}

/// `ETHTOOL_MSG_FEATURES_GET` (Linux 5.7): names of those that are active.
fn offloads(index: u32) -> io::Result<Vec<String>> {
    const GET: u8 = 11;
    const ACTIVE: u16 = 4;
    let answer = ethtool(GET, index)?;
    let active = answer.get(&ACTIVE).map_or(&[][..], Vec::as_slice);
    names(active).map_err(io::Error::other)
}

/// The names of a bitset, of which only bits that are set are listed.
fn names(bitset: &[u8]) -> Result<Vec<String>, netlink_packet_core::DecodeError> {
    const BITS: u16 = 3;
    const NAME: u16 = 2;
    const VALUE: u16 = 3;
    let set = attributes(bitset)?;
    let listed = !set.contains_key(&1);
    let mut names = Vec::new();
    for bit in each(set.get(&BITS).map_or(&[][..], Vec::as_slice)) {
        let bit = attributes(&bit?.1)?;
        // With a mask, bits that are not set are listed too.
        if let Some(name) = bit
            .get(&NAME)
            .filter(|_| !listed || bit.contains_key(&VALUE))
        {
            names.push(
                String::from_utf8_lossy(name)
                    .trim_end_matches('\0')
                    .to_owned(),
            );
        }
    }
    Ok(names)
}

/// `ETHTOOL_MSG_CHANNELS_GET` (Linux 5.7): those that receive.
fn queues(index: u32) -> io::Result<u32> {
    const GET: u8 = 17;
    const RECEIVING: u16 = 6;
    const COMBINED: u16 = 9;
    let answer = ethtool(GET, index)?;
    let count = |kind| {
        let value = answer
            .get(&kind)
            .and_then(|value| value.as_slice().try_into().ok());
        value.map_or(0, u32::from_ne_bytes)
    };
    Ok(count(RECEIVING) + count(COMBINED))
}
