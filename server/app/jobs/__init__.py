"""The room of `tasks.TaskManager`: records, the store, leases, checkpoints, workers and who watches over them."""
