# The same DAGs run in every stage, in a namespace of the cluster for each.
export TRAINING_NAMESPACE=training-production
