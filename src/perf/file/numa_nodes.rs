//! Which CPUs lie on which NUMA node.

use std::ops::RangeInclusive;

use crate::bytes::{ByteOrder, Cursor};
use crate::units::Cpu;

/// Which CPUs lie on which NUMA node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NumaNodes {
    nodes: Vec<NumaNode>,
}

/// One node.
#[derive(Clone, PartialEq, Eq, Debug)]
struct NumaNode {
    number: u32,
    cpus: Vec<RangeInclusive<u32>>,
}

impl NumaNodes {
    /// Decodes the section; `None` when it is cut off or no list of CPUs.
    ///
    /// Source: `write_numa_topology()`, tools/perf/util/header.c, Linux 6.12: the number of nodes, then
    /// for each its number, its memory and free memory in KiB, and its CPUs as text, `0-3,8`.
    pub(super) fn parse<O: ByteOrder>(section: &[u8]) -> Option<Self> {
        let mut at = Cursor::<O>::new(section);
        let count = at.u32()?;
        let mut nodes = Vec::new();
        for _ in 0..count {
            let number = at.u32()?;
            at.take(16)?;
            let cpus = std::str::from_utf8(at.header_string()?).ok()?;
            let cpus = parse_cpus(cpus)?;
            nodes.push(NumaNode { number, cpus });
        }
        Some(Self { nodes })
    }

    /// The node of a CPU; `None` when none has it.
    pub fn node_of(&self, Cpu(cpu): Cpu) -> Option<u32> {
        let has = |node: &&NumaNode| node.cpus.iter().any(|range| range.contains(&cpu));
        self.nodes.iter().find(has).map(|node| node.number)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// A list of CPUs as the kernel writes it; one without CPUs is empty.
fn parse_cpus(text: &str) -> Option<Vec<RangeInclusive<u32>>> {
    let parts = text.trim().split(',').filter(|part| !part.is_empty());
    let ranges = parts.map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    ranges.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Big, Little};
    use crate::perf::writer::Encoder;

    fn section<O: ByteOrder>() -> Vec<u8> {
        let mut out = Encoder::<O>::new();
        out.u32(3);
        for (node, cpus) in [(0, "0-1,4"), (1, "2-3"), (8, "")] {
            out.u32(node);
            out.u64s(&[1 << 20, 1 << 19]);
            out.header_string(cpus);
        }
        out.into_bytes()
    }

    /// By hand: the section as perf writes it, and cut off at any place.
    #[test]
    fn cpus_are_on_their_nodes_and_damage_tells_none() {
        fn check<O: ByteOrder>() {
            let bytes = section::<O>();
            let nodes = NumaNodes::parse::<O>(&bytes).unwrap();
            let found = [0, 1, 2, 3, 4, 5].map(|cpu| nodes.node_of(Cpu(cpu)));
            let expected = [Some(0), Some(0), Some(1), Some(1), Some(0), None];
            assert_eq!(found, expected);
            assert_eq!(nodes.len(), 3);
            for end in 0..bytes.len() {
                assert_eq!(NumaNodes::parse::<O>(&bytes[..end]), None, "{end}");
            }
        }
        check::<Little>();
        check::<Big>();
        assert_eq!(parse_cpus("0-x"), None);
    }
}
