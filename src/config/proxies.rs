//! Whose word counts about where a request comes from: the proxies in front of the gateway.
//!
//! Behind a proxy every request has the proxy's address, so the limits for one peer would be limits for everybody. From
//! these addresses `X-Forwarded-For` is believed, and any number of connections is taken. This machine is always one.

use std::net::{IpAddr, Ipv6Addr};

/// Loopback, and these addresses and networks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Proxies(Vec<Network>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Network {
    address: IpAddr,
    /// Leading bits that count.
    bits: u32,
}

impl Proxies {
    /// Addresses, or networks such as `10.0.0.0/8`, comma separated.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| Network::parse(part.trim())).collect::<Result<_, _>>().map(Self)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not an address or a network such as 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let widest = width(address);
        let bits = bits.map_or(Ok(widest), str::parse).map_err(|_| bad())?;
        if bits > widest {
            return Err(bad());
        }
        Ok(Self { address: address.to_canonical(), bits: bits.min(width(address.to_canonical())) })
    }

    fn contains(self, address: IpAddr) -> bool {
        width(self.address) == width(address) && leading(self.address, self.bits) == leading(address, self.bits)
    }
}

/// Whom an address stands for: one subscriber has a whole network of IPv6 addresses.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        address => address,
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first so many bits, and zeros.
fn leading(address: IpAddr, bits: u32) -> u128 {
    let all = match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let rest = 128_u32.saturating_sub(bits);
    all.checked_shr(rest).and_then(|kept| kept.checked_shl(rest)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
