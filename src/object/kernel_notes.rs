//! ELF notes outside of an ELF file: the running kernel's `/sys/kernel/notes`.

use crate::units::BuildId;

/// `NT_GNU_BUILD_ID` of elf.h.
const GNU_BUILD_ID: u32 = 3;

/// The build id in a run of ELF notes in this machine's byte order; `None` when there is none.
///
/// A note is `{ u32 name_len, u32 text_len, u32 type, name, text }`, name and text filled up to
/// four bytes.
pub fn read_kernel_notes(mut notes: &[u8]) -> Option<BuildId> {
    loop {
        let word = |at: usize| {
            notes
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map(|c| u32::from_ne_bytes(*c))
        };
        let (name_len, text_len, kind) = (word(0)?, word(4)?, word(8)?);
        let padded = |len: u32| usize::try_from(len).ok()?.checked_next_multiple_of(4);
        let name = notes.get(12..)?.get(..usize::try_from(name_len).ok()?)?;
        let behind_name = notes.get(12..)?.get(padded(name_len)?..)?;
        if kind == GNU_BUILD_ID && name == b"GNU\0" {
            return BuildId::new(behind_name.get(..usize::try_from(text_len).ok()?)?);
        }
        notes = behind_name.get(padded(text_len)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &[u8], kind: u32, text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [name.len(), text.len()] {
            bytes.extend(u32::try_from(word).unwrap().to_ne_bytes());
        }
        bytes.extend(kind.to_ne_bytes());
        for part in [name, text] {
            bytes.extend(part);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    /// The build id is not always the first note; a kernel has Xen and Linux notes as well.
    #[test]
    fn the_build_id_is_found_among_other_notes() {
        let mut notes = note(b"Linux\0", 257, b"\0\0\0\0");
        notes.extend(note(b"GNU\0", 3, &[0xab; 20]));
        assert_eq!(read_kernel_notes(&notes), BuildId::new(&[0xab; 20]));
    }

    /// Any prefix of good notes and lengths past the end give no answer and no panic.
    #[test]
    fn cut_notes_give_nothing() {
        let notes = note(b"GNU\0", 3, &[0xab; 20]);
        for len in 0..notes.len() {
            assert_eq!(read_kernel_notes(&notes[..len]), None);
        }
        assert_eq!(read_kernel_notes(&[0xff; 64]), None);
    }
}
