//! Counts this process's sockets at given loopback ports, as the kernel sees them: what no counter of ours can hide.

use std::collections::BTreeSet;
use std::net::SocketAddr;

/// A port of a loopback server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Port(u16);

impl Port {
    pub(crate) const fn of(addr: SocketAddr) -> Self {
        Self(addr.port())
    }

    pub(crate) fn of_url(origin: &str) -> Self {
        Self(origin.rsplit(':').next().unwrap().parse().unwrap())
    }
}

/// Sockets of this process that are connections to or from these ports.
pub(crate) fn connections(ports: &[Port]) -> usize {
    count(ports, |state| state != LISTEN)
}

/// Sockets of this process that listen on these ports.
pub(crate) fn listening(ports: &[Port]) -> usize {
    count(ports, |state| state == LISTEN)
}

fn count(ports: &[Port], counts: impl Fn(&str) -> bool) -> usize {
    let ours: BTreeSet<String> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let at_port = |address: &str| {
        let port = address.rsplit(':').next().and_then(|hex| u16::from_str_radix(hex, 16).ok());
        port.is_some_and(|port| ports.contains(&Port(port)))
    };
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| at_port(row[1]) || at_port(row[2])).filter(|row| counts(row[3]) && ours.contains(row[9])).count()
}

/// The kernel's word for a listening socket.
const LISTEN: &str = "0A";
