/* What the generated table offers to the look-ups only. */
#ifndef TENANTFS_CATALOGUE_INDEX_H
#define TENANTFS_CATALOGUE_INDEX_H

/* Positions in tfs_endpoints, ordered by path, then method; tfs_n_endpoints of them. */
extern const unsigned short tfs_endpoint_index[];

#endif
