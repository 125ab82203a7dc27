//! Names of events, as sides are compared by.

pub(crate) use crate::perf::event_name_without_settings as plain_event;
