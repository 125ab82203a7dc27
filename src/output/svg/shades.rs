//! The colours of changes.

use super::palette::colour_of;
use crate::stack::Tag;
use crate::text::push_format;

/// Fills by how much less (first half) or more a frame takes, from most to least to most.
///
/// Blue and orange differ for people with any kind of colour vision; black text can be read on all
/// of them.
pub(crate) const LESS: [u32; 4] = [0x4a_90d9, 0x7f_b4e6, 0xae_d0f0, 0xd6_e7f7];
pub(crate) const MORE: [u32; 4] = [0xf0_7d1a, 0xfa_a352, 0xfd_c48f, 0xfe_e2c6];
/// No significant change.
pub(crate) const SAME: u32 = 0xdd_dcda;
/// The relative change from which each fill is used, strongest first.
pub(crate) const STEPS: [f64; 4] = [0.9, 0.5, 0.2, 0.0];
/// Outlines of frames that only one side has; on dark ground both are white.
const GONE_LINE: u32 = 0x08_306b;
const NEW_LINE: u32 = 0x7f_2704;

/// Number of fills.
const SHADES: usize = 1 + LESS.len() + MORE.len();

pub(crate) fn fill_of(shade: usize) -> u32 {
    let all = [SAME].into_iter().chain(LESS).chain(MORE);
    all.into_iter().nth(shade).unwrap_or(SAME)
}

/// Tags whose boxes have a coloured edge.
fn edged(tags: &[Tag]) -> impl Iterator<Item = Tag> {
    tags.iter().copied().filter(|&tag| tag != Tag::Host)
}

/// Rules for the classes of changes.
pub(crate) fn diff_rules(tags: &[Tag]) -> String {
    let mut text = String::new();
    for shade in 0..SHADES {
        let fill = fill_of(shade);
        push_format(
            &mut text,
            format_args!(
                ".vmflame .l{shade}{{--f:#{fill:06x}}}.vmflame .x{shade}{{--d:#{fill:06x}}}"
            ),
        );
        for tag in edged(tags) {
            let tag = tag as usize;
            push_format(
                &mut text,
                format_args!(".vmflame .x{shade}-{tag}{{--d:url(#x{shade}-{tag})}}"),
            );
        }
    }
    push_format(
        &mut text,
        format_args!(
            "\n.vmflame{{--gone:#{GONE_LINE:06x};--new:#{NEW_LINE:06x}}}\
             @media screen and (prefers-color-scheme:dark){{.vmflame{{--gone:#fff;--new:#fff}}}}\
             \n.vmflame .frames[data-view=diff]>g:not(.match)>rect{{fill:var(--d)}}\
             \n.vmflame .frames[data-view=diff]>g:not(.match)>text{{fill:#000}}\
             \n.vmflame .frames[data-view=diff]>g.gone:not(:hover):not(:focus-visible)>rect,\
             .vmflame .entry.gone .swatch{{stroke:var(--gone);stroke-width:1;stroke-dasharray:3 2}}\
             \n.vmflame .frames[data-view=diff]>g.new:not(:hover):not(:focus-visible)>rect,\
             .vmflame .entry.new .swatch{{stroke:var(--new);stroke-width:1}}\n"
        ),
    );
    text
}

/// Fills whose upper edge has the tag's colour: the lower one would hide underscores.
pub(crate) fn gradients(tags: &[Tag]) -> String {
    let mut text = String::from("<defs>\n");
    for tag in edged(tags) {
        let edge = colour_of(tag);
        for shade in 0..SHADES {
            let fill = fill_of(shade);
            push_format(
                &mut text,
                format_args!(
                    "<linearGradient id=\"x{shade}-{}\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\">\
                     <stop offset=\".16\" stop-color=\"#{edge:06x}\"/>\
                     <stop offset=\".16\" stop-color=\"#{fill:06x}\"/></linearGradient>\n",
                    tag as usize
                ),
            );
        }
    }
    text.push_str("</defs>\n");
    text
}
