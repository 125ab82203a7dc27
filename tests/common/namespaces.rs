//! Records of mount namespaces.

use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_RECORD_NAMESPACES;
use vmflame::perf::writer::{RecordWriter, SampleValues, WrittenEvent, WrittenRecord};

/// Where `PERF_RECORD_NAMESPACES` has the mount namespace, in its list of seven.
///
/// Source: `enum perf_event_ns` (`MNT_NS_INDEX`), `perf_event.h`.
const MOUNT: u64 = 5;

/// Writes that each of these processes is in a mount namespace.
pub fn mount_namespaces(
    records: &mut RecordWriter<Little>,
    event: &WrittenEvent,
    of_processes: &[(i32, u64)],
) {
    for &(pid, mount) in of_processes {
        let mut body = Vec::new();
        body.extend(i32::to_le_bytes(pid));
        body.extend(i32::to_le_bytes(pid));
        body.extend(u64::to_le_bytes(7));
        for kind in 0..7 {
            let inode = if kind == MOUNT { mount } else { kind };
            body.extend(u64::to_le_bytes(4));
            body.extend(inode.to_le_bytes());
        }
        let record = WrittenRecord::Other {
            record_type: PERF_RECORD_NAMESPACES,
            body: &body,
        };
        records.entry(1, &record, Some((&event.attr, &SampleValues::default())));
    }
}
