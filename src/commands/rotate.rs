//! `rotate`: give a token a new secret.

use super::context::Context;
use super::deliver::Delivery;
use super::input;
use super::interrupt::Watch;
use crate::admin::{self, RotateRequest, Rotation, Selector};
use crate::cli::Rotate;
use crate::error::{Error, Result};
use crate::view::issued;
use std::slice;

pub fn run(args: Rotate, context: &mut Context) -> Result<()> {
    let selector = input::selector(args.token)?;
    let request = RotateRequest { overlap: args.overlap, expires: args.expires };
    let mut delivery = Delivery::prepare(args.out, context.location().ok())?;
    let watch = Watch::begin(&context.out.tokctl)?;
    let rotated = rotate(&selector, request, &watch, context);
    let Rotation { old, new, old_until } = rotated.map_err(|error| watch.failed(error))?;
    let secrets = slice::from_ref(&new);
    delivery.deliver(secrets, false, &watch, &mut context.out)?;
    issued::announce(secrets, false, delivery.path(), &context.out);
    let until = match old_until {
        Some(until) => format!("the old secret is valid until {until}"),
        None => "the old secret is rejected from now on".to_string(),
    };
    context.out.remark(format!("token {} replaces token {}; {until}", new.token.id, old.id));
    Ok(())
}

fn rotate(
    selector: &Selector,
    request: RotateRequest,
    watch: &Watch,
    context: &Context,
) -> Result<Rotation> {
    let admin = context.admin()?;
    Ok(admin.rotate(selector, request, |old, new| {
        let (id, hash) = (new.token.id, new.secret.hash());
        let (admin, old) = (admin.clone(), old.clone());
        watch.arm(move || match admin.undo_rotation(&old, id, &hash) {
            Ok(false) => None,
            undone => Some(outcome(id, undone)),
        });
    })?)
}

/// What became of a rotation whose new secret was not delivered.
fn outcome(new_id: i64, undone: admin::Result<bool>) -> String {
    match undone {
        Ok(_) => "the rotation was undone; the old secret is as valid as before".to_string(),
        Err(error) => format!(
            "the rotation could not be undone ({}); run `tokctl rotate {new_id}` for another \
             secret",
            Error::from(error)
        ),
    }
}
