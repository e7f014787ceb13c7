"""What runs, compared with what is declared: exported rules against the plan, as exact sets of traffic.

Pure, as everything below `resources`: exports come in as bytes that were read, and no cloud is asked for
anything. The filters that run are evaluated by the same evaluators as planned ones.
"""
