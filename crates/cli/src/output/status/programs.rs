// SPDX-License-Identifier: MIT
//! What is attached where, and what it costs.

use crate::output::table::{Align, Table};
use crate::output::units::number;
use aegis_api::{AttachmentStatus, Status};

/// A row a program.
pub fn table(status: &Status) -> String {
    use Align::{Left, Right};
    let counted = status.attachments.iter().any(|it| it.run_count.is_some());
    let heading = [
        "INTERFACE",
        "HOOK",
        "MODE",
        "PROGRAM",
        "TAG",
        "LINK",
        "STATE",
        if counted { "PER RUN" } else { "" },
    ];
    let align = [Left, Left, Left, Right, Left, Right, Left, Left];
    let mut table = Table::new(heading, align);
    for program in &status.attachments {
        table.row(cells(program));
    }
    table.render()
}

fn cells(program: &AttachmentStatus) -> [String; 8] {
    let link = program.link_id.map(|id| id.to_string());
    let state = match program.attached {
        true => "attached",
        false => "DETACHED",
    };
    [
        program.interface.clone(),
        program.hook.clone(),
        program.mode.clone(),
        program.program_id.to_string(),
        program.program_tag.clone(),
        link.unwrap_or_else(|| "-".to_owned()),
        state.to_owned(),
        cost(program).unwrap_or_default(),
    ]
}

/// What a run took on average, where the kernel counts and has counted any.
fn cost(program: &AttachmentStatus) -> Option<String> {
    let (count, took) = program.run_count.zip(program.run_nanoseconds)?;
    let mean = took.checked_div(count)?;
    Some(format!("{} ns", number(mean)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::status;

    #[test]
    fn what_programs_cost_is_shown_while_the_kernel_counts() {
        let mut status = status();
        let program = &mut status.attachments[0];
        (program.run_count, program.run_nanoseconds) = (Some(4), Some(1_250));
        let shown = table(&status);
        assert!(shown.contains("STATE     PER RUN\n"), "{shown}");
        assert!(shown.ends_with("attached  312 ns"), "{shown}");
        status.attachments[0].run_count = Some(0);
        assert!(table(&status).ends_with("attached"), "it never ran");
    }
}
