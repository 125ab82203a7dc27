//! What happened to a request.

/// A disk of a VM, as traces tell it from others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DiskId {
    /// A virtio-blk device, by its address in QEMU's memory.
    VirtioBlk(u64),
    /// A logical unit of a virtio-scsi controller; traces tell neither target nor controller.
    ScsiUnit(u64),
}

/// A request while it is on its way; its number serves again when it is done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId {
    /// The disk.
    pub disk: DiskId,
    /// The request's address in QEMU's memory, or its SCSI tag.
    pub number: u64,
}

/// What a request does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RequestDirection {
    /// From the disk to the guest.
    Read,
    /// From the guest to the disk.
    Write,
    /// Neither: flush, discard, inquiry.
    Other,
}

/// What happened to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestStep {
    /// QEMU took it from the guest.
    Received {
        /// What it does.
        direction: RequestDirection,
        /// Its first sector of 512 bytes; `None` when the trace does not tell.
        sector: Option<u64>,
        /// Its sectors of 512 bytes; `None` when the trace does not tell.
        sectors: Option<u64>,
    },
    /// QEMU gave it back.
    Completed {
        /// Whether it failed.
        has_failed: bool,
    },
}

/// A step of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceStep {
    /// When, in nanoseconds of the trace's clock; `None` in a log without time stamps.
    pub at_ns: Option<u64>,
    /// The request.
    pub request: RequestId,
    /// What happened to it.
    pub step: RequestStep,
}

/// Takes the steps of a trace, in its order.
pub(super) type TraceStepTaker<'t> = dyn FnMut(TraceStep) + 't;

/// What of a trace is no step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TraceCounts {
    /// Other events, and lines that are none.
    pub others: u64,
    /// Events of requests whose arguments cannot be read.
    pub damaged: u64,
    /// Bytes at the end that are no records.
    pub damaged_bytes: u64,
    /// Events that QEMU dropped, since it was faster than the file.
    pub dropped: u64,
}

/// The arguments of the events that tell of requests.
#[derive(Clone, Copy, Debug)]
pub(super) enum EventKind {
    BlkRead,
    BlkWrite,
    BlkComplete,
    ScsiRequest,
    ScsiResponse,
}

impl EventKind {
    /// The kind of an event's name; `None` for those that tell of no request as a whole.
    pub(super) fn of_name(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"virtio_blk_handle_read" => Self::BlkRead,
            b"virtio_blk_handle_write" => Self::BlkWrite,
            b"virtio_blk_req_complete" => Self::BlkComplete,
            b"virtio_scsi_cmd_req" => Self::ScsiRequest,
            b"virtio_scsi_cmd_resp" => Self::ScsiResponse,
            _ => return None,
        })
    }

    /// How many arguments the event has.
    const fn arguments(self) -> usize {
        match self {
            Self::BlkRead | Self::BlkWrite | Self::ScsiResponse => 4,
            Self::BlkComplete | Self::ScsiRequest => 3,
        }
    }

    /// The step that an event of these arguments tells of; `None` when some are missing.
    pub(super) fn step(self, at_ns: Option<u64>, values: &[u64]) -> Option<TraceStep> {
        let values = values.get(..self.arguments())?;
        let value = |at: usize| values.get(at).copied();
        let (first, number) = (value(0)?, value(1)?);
        let disk = match self {
            Self::BlkRead | Self::BlkWrite | Self::BlkComplete => DiskId::VirtioBlk(first),
            Self::ScsiRequest | Self::ScsiResponse => DiskId::ScsiUnit(first),
        };
        let received = |direction| RequestStep::Received {
            direction,
            sector: value(2),
            sectors: value(3),
        };
        let step = match self {
            Self::BlkRead => received(RequestDirection::Read),
            Self::BlkWrite => received(RequestDirection::Write),
            Self::BlkComplete => RequestStep::Completed {
                has_failed: value(2)? != 0,
            },
            Self::ScsiRequest => RequestStep::Received {
                direction: scsi_direction(value(2)?),
                sector: None,
                sectors: None,
            },
            Self::ScsiResponse => RequestStep::Completed {
                has_failed: value(2)? != 0 || value(3)? != 0,
            },
        };
        let request = RequestId { disk, number };
        Some(TraceStep {
            at_ns,
            request,
            step,
        })
    }
}

/// What a SCSI command does: READ and WRITE of 6, 10, 12 and 16 bytes.
///
/// Source: SBC-4, table 34; include/scsi/constants.h, QEMU 7.2.
const fn scsi_direction(command: u64) -> RequestDirection {
    match command {
        0x08 | 0x28 | 0xa8 | 0x88 => RequestDirection::Read,
        0x0a | 0x2a | 0xaa | 0x8a => RequestDirection::Write,
        _ => RequestDirection::Other,
    }
}
