package dev.sluice.gateway.jobs;

import dev.sluice.gateway.exchange.Action;

/** What a route with a job does. One instance serves all loops. */
public sealed interface JobAction extends Action permits RunAction, SubmitAction {}
