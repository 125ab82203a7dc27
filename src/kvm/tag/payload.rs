//! Tags by what samples of a tracepoint recorded.

use std::sync::Arc;

use crate::bytes::{Big, Endian, Little};
use crate::fold::{PayloadClasses, PayloadClassifier};
use crate::kvm::exit::{Decoder, ReasonNames, tag_of};
use crate::perf::Capture;
use crate::stack::Tag;
use crate::tracepoint::Formats;
use crate::units::EventIx;

/// Tells payloads of one tracepoint apart by their tags.
#[derive(Debug)]
struct ByTag {
    decoder: Decoder,
    names: ReasonNames,
    endian: Endian,
}

impl PayloadClassifier for ByTag {
    fn class_of(&self, payload: &[u8]) -> u8 {
        let event = match self.endian {
            Endian::Little => self.decoder.payload::<Little>(payload),
            Endian::Big => self.decoder.payload::<Big>(payload),
        };
        let tag = event.and_then(|event| tag_of(&event, &self.names));
        tag.map_or(0, class_of_tag)
    }
}

/// What samples of an event are told apart by; `None` for events whose samples record nothing that
/// decides a tag.
pub fn payload_classes(capture: &Capture, event: EventIx) -> Option<PayloadClasses> {
    let attr = &capture.events().get(event)?.attr;
    if !attr.is_tracepoint() {
        return None;
    }
    let formats = Formats::of_capture(capture);
    let format = formats.get(formats.by_id(attr.config)?)?;
    let classifier = ByTag {
        decoder: Decoder::of(format)?,
        names: ReasonNames::new(&formats),
        endian: formats.endian(),
    };
    PayloadClasses::new(attr, Arc::new(classifier))
}

/// The tag that a class of [`payload_classes`] stands for; `None` for class 0.
pub(crate) fn tag_of_class(class: u8) -> Option<Tag> {
    let at = usize::from(class).checked_sub(1)?;
    Tag::ALL.get(at).copied()
}

/// One more than the tag's place among all.
const fn class_of_tag(tag: Tag) -> u8 {
    1 + tag as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_tags_are_the_same() {
        for tag in Tag::ALL {
            assert_eq!(tag_of_class(class_of_tag(tag)), Some(tag));
        }
        assert_eq!(tag_of_class(0), None);
        assert_eq!(tag_of_class(u8::MAX), None);
    }
}
