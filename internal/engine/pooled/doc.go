// Package pooled estimates how many people are infected from tests of pools: one swab tube per several people, tubes of any
// sizes mixed. It knows nothing but counts.
//
// A pool of k people is negative with probability (1-p)^k when each of them is infected with probability p by himself and the
// test sees one positive among k. What follows from it: the maximum likelihood estimate of p for pools of different sizes
// (C. L. Chiang, W. C. Reeves, Statistical estimation of virus infection rates in mosquito vector populations, American Journal
// of Hygiene 75 (1962) 377-391; S. D. Walter, S. W. Hildreth, B. J. Beaty, Estimation of infection rates in populations of
// organisms using pools of variable size, American Journal of Epidemiology 112 (1980) 124-128), and an interval by the
// likelihood ratio. The estimate by Firth's correction is that of G. Hepworth, B. J. Biggerstaff, Bias correction in estimating
// proportions by pooled testing, Journal of Agricultural, Biological and Environmental Statistics 22 (2017) 602-614.
//
// What the figures cannot know: people of one household in one tube are infected together, so that fewer pools turn positive
// than p says and the estimate is too low; a pool too thin to be seen makes it too low as well.
package pooled
